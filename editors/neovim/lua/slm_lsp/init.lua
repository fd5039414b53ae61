--- Local code completion: |slm_lsp|. The server does the thinking; this is keys and display.
local M = {}

local NAME = 'slm_lsp'
local OURS = 'slm-lsp: ' -- how the descriptions of our keys begin
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
      local off = vim.b[event.buf].slm_lsp_off -- since before the server was started again
      if opts.ghost_text and client and client.name == NAME and not off then
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
    vim.b.slm_lsp_off = ghost.is_enabled(0)
    ghost.enable(not vim.b.slm_lsp_off, 0)
  end,
  status = function()
    require('slm_lsp.reports').status()
  end,
  explain = function()
    require('slm_lsp.reports').explain()
  end,
  restart = function()
    if not vim.lsp.get_clients({ name = NAME })[1] and M._again then
      return M._again() -- it has crashed, or was stopped
    end
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
    M._again = function()
      vim.lsp.enable(NAME)
    end
    return M._again()
  end
  local file = vim.api.nvim_get_runtime_file('lsp/slm_lsp.lua', false)[1]
  config = vim.tbl_deep_extend('force', dofile(file), config, { name = NAME })
  local function start(bufnr)
    local root = vim.fs.root(bufnr, config.root_markers)
    vim.lsp.start(
      vim.tbl_extend('force', config, { root_dir = root }),
      { bufnr = bufnr, reuse_client = config.reuse_client }
    )
  end
  vim.api.nvim_create_autocmd('FileType', {
    group = group,
    pattern = config.filetypes,
    callback = function(event)
      start(event.buf)
    end,
  })
  -- Those that are open already: a plugin manager may have waited for one.
  M._again = function()
    for _, bufnr in ipairs(vim.api.nvim_list_bufs()) do
      local known = vim.list_contains(config.filetypes, vim.bo[bufnr].filetype)
      if known and vim.api.nvim_buf_is_loaded(bufnr) and vim.bo[bufnr].buftype == '' then
        start(bufnr)
      end
    end
  end
  M._again()
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
      local otherwise = M._as_before(lhs)
      vim.keymap.set('i', lhs, function()
        return actions[name]() and '' or otherwise
      end, { expr = true, desc = OURS .. name:gsub('_', ' ') })
    end
  end
end

--- A mapping that does what the key did before, such as Neovim's own <Tab> in snippets. It is the old
--- mapping under another name: whatever it is made of, it works as it did.
function M._as_before(lhs)
  local raw = vim.keycode(lhs)
  local name = ('<Plug>(slm-lsp-before-%s)'):format(vim.fn.keytrans(raw):gsub('[<>]', ''))
  local map = M._mapped(raw)
  if map and vim.startswith(map.desc or '', OURS) then
    return name -- setup() was called before
  elseif map then
    map.lhs, map.lhsraw, map.lhsrawalt = name, vim.keycode(name), nil
    vim.fn.mapset('i', false, map)
  else
    -- What Neovim makes of Alt and a key that nobody mapped, when it is typed.
    local key = lhs:match('^<[MmAa]%-(.)>$')
    vim.keymap.set('i', name, key and '<Esc>' .. key or lhs, { remap = key ~= nil })
  end
  return name
end

--- The mapping of a key that holds in all buffers.
function M._mapped(raw)
  for _, map in ipairs(vim.api.nvim_get_keymap('i')) do
    if map.lhsraw == raw or map.lhsrawalt == raw then
      return map
    end
  end
end

return M
