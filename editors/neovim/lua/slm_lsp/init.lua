--- Local code completion: |slm_lsp|. The server does the thinking; this is keys and display.
local M = {}

local NAME = 'slm_lsp'
local HINT = { loading = '…', ready = '', busy = '…', off = 'off', error = '!' }

local defaults = {
  cmd = nil, ---@type string[]? the server; default: { 'slm-lsp', 'serve' }
  settings = {}, ---@type table as in slm-lsp.toml: { completion = { … }, … }
  ghost_text = true, ---@type boolean false: only as a completion item
  keys = { ---@type table<string, string|false> insert mode; false leaves a key alone
    accept = '<Tab>',
    accept_word = '<M-w>',
    accept_line = '<M-l>',
    next = '<M-]>',
    previous = '<M-[>',
    dismiss = '<M-e>',
  },
}

local status = {} ---@type table<integer, table> by client, from slm/status

--- Start the server for the files that it knows, with ghost text and keys.
function M.setup(opts)
  opts = vim.tbl_deep_extend('force', defaults, opts or {})
  local group = vim.api.nvim_create_augroup(NAME, {})
  vim.api.nvim_create_autocmd('LspAttach', {
    group = group,
    callback = function(event)
      local client = vim.lsp.get_client_by_id(event.data.client_id)
      if opts.ghost_text and client and client.name == NAME then
        M.ghost().enable(true, event.buf)
      end
    end,
  })
  vim.api.nvim_create_autocmd('DiagnosticChanged', {
    group = group,
    callback = function(event)
      require('slm_lsp.others').changed(event.buf)
    end,
  })
  if opts.ghost_text then
    M._map(opts.keys, group)
  end
  M._start(M._config(opts), group)
end

--- For a statusline: '' while no server is attached to the current buffer.
function M.statusline()
  local client = M.client()
  local known = client and status[client.id]
  if not known then
    return ''
  end
  local speed = known.state == 'ready' and known.tokens_per_second
  local hint = speed and speed ~= vim.NIL and ('%d t/s'):format(speed) or HINT[known.state]
  return vim.trim(('slm %s'):format(hint))
end

--- The last slm/status of the current buffer's server.
function M.status()
  local client = M.client()
  return client and status[client.id]
end

function M.client(bufnr)
  return vim.lsp.get_clients({ bufnr = bufnr or 0, name = NAME })[1]
end

--- Who shows ghost text: Neovim itself since 0.12, and our fallback before.
function M.ghost()
  return require(vim.lsp.inline_completion and 'slm_lsp.native' or 'slm_lsp.fallback')
end

M.commands = {
  toggle = function()
    local ghost = M.ghost()
    ghost.enable(not ghost.is_enabled(0), 0)
  end,
  status = function()
    require('slm_lsp.reports').status()
  end,
  explain = function()
    require('slm_lsp.reports').explain()
  end,
  restart = function()
    require('slm_lsp.reports').request('slm.restart', function()
      vim.notify('slm-lsp: the model was started afresh')
    end)
  end,
  log = function()
    vim.cmd.tabedit(vim.lsp.log and vim.lsp.log.get_filename() or vim.lsp.get_log_path())
  end,
}

function M._config(opts)
  -- An empty table would be sent as a list.
  local settings = next(opts.settings) and { ['slm-lsp'] = opts.settings } or nil
  local config = {
    cmd = opts.cmd,
    init_options = settings,
    settings = settings,
    reuse_client = require('slm_lsp.folders').reuse,
    handlers = {
      ['slm/status'] = function(_, result, context)
        status[context.client_id] = result
        vim.schedule(function()
          vim.cmd.redrawstatus()
          vim.api.nvim_exec_autocmds('User', { pattern = 'SlmLspStatus', data = result })
        end)
      end,
    },
  }
  local base = vim.lsp.protocol.make_client_capabilities()
  local inline = opts.ghost_text and { dynamicRegistration = false } or nil
  base.textDocument.inlineCompletion = inline
  config.capabilities = base
  return config
end

function M._start(config, group)
  if vim.fn.has('nvim-0.11') == 1 then
    vim.lsp.config(NAME, config)
    vim.lsp.enable(NAME)
    return
  end
  local file = vim.api.nvim_get_runtime_file('lsp/slm_lsp.lua', false)[1]
  config = vim.tbl_deep_extend('force', dofile(file), config, { name = NAME })
  vim.api.nvim_create_autocmd('FileType', {
    group = group,
    pattern = config.filetypes,
    callback = function(event)
      local root = vim.fs.root(event.buf, config.root_markers)
      vim.lsp.start(
        vim.tbl_extend('force', config, { root_dir = root }),
        { bufnr = event.buf, reuse_client = config.reuse_client }
      )
    end,
  })
end

function M._map(keys, group)
  local ghost = M.ghost()
  local actions = {
    accept = ghost.accept,
    accept_word = function()
      return ghost.accept('word')
    end,
    accept_line = function()
      return ghost.accept('line')
    end,
    next = function()
      return ghost.select(1)
    end,
    previous = function()
      return ghost.select(-1)
    end,
    dismiss = ghost.dismiss,
  }
  -- Without a listener to InsertCharPre, Neovim looks ahead at the next key before it inserts a
  -- character that was typed fast, and would run the mappings below on the text as it was before.
  vim.api.nvim_create_autocmd('InsertCharPre', { group = group, callback = function() end })
  for name, lhs in pairs(keys) do
    if lhs then
      local otherwise = M._mapped_before(lhs)
      vim.keymap.set('i', lhs, function()
        return actions[name]() and '' or otherwise()
      end, { expr = true, desc = 'slm-lsp: ' .. name:gsub('_', ' ') })
    end
  end
end

--- What the key did before, such as Neovim's own <Tab> in snippets.
function M._mapped_before(lhs)
  local map = vim.fn.maparg(lhs, 'i', false, true)
  if map.expr == 1 and map.callback then
    return map.callback
  elseif map.callback then
    return function()
      vim.schedule(map.callback)
      return ''
    end
  elseif map.expr == 1 then
    return function()
      return vim.api.nvim_eval(map.rhs)
    end
  end
  return function()
    return map.rhs or lhs
  end
end

return M
