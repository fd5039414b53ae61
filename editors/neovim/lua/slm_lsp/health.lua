--- :checkhealth slm_lsp
local M = {}

local health = vim.health

function M.check()
  health.start('slm_lsp: Neovim')
  if vim.lsp.inline_completion then
    health.ok('Neovim shows ghost text itself')
  elseif vim.fn.has('nvim-0.10') == 1 then
    health.ok('Neovim is older than 0.12: the plugin shows ghost text')
  else
    health.error('Neovim is older than 0.10', 'Use 0.10 or newer')
    return
  end
  M._keys()
  health.start('slm_lsp: server')
  M._program()
  M._client()
end

function M._keys()
  local map = vim.fn.maparg('<Tab>', 'i', false, true)
  if map.desc and map.desc:find('^slm%-lsp') then
    health.ok('<Tab> takes a suggestion')
  elseif map.lhs then
    health.info('<Tab> is mapped to something else: ' .. (map.desc or map.rhs or 'a function'))
  else
    health.info("<Tab> is not mapped: call require('slm_lsp').setup(), or map a key yourself")
  end
end

function M._program()
  local config = vim.lsp.config and vim.lsp.config.slm_lsp or {}
  local client = vim.lsp.get_clients({ name = 'slm_lsp' })[1]
  local cmd = client and client.config.cmd or config.cmd or { 'slm-lsp' }
  local program = type(cmd) == 'table' and cmd[1] or 'slm-lsp'
  if vim.fn.executable(program) ~= 1 then
    health.error(
      program .. ' cannot be found',
      { 'pipx install . in the folder of slm-lsp', "or name it: require('slm_lsp').setup({ cmd = { '/path/to/slm-lsp', 'serve' } })" }
    )
    return
  end
  local version = vim.fn.system({ program, '--version' })
  if vim.v.shell_error == 0 then
    health.ok(vim.trim(version) .. ' at ' .. vim.fn.exepath(program))
  else
    health.error(program .. ' --version failed', vim.trim(version))
  end
end

function M._client()
  local client = vim.lsp.get_clients({ name = 'slm_lsp' })[1]
  if not client then
    health.warn('No server is running', 'Open a file of a language that it knows, such as Python')
    return
  end
  local params = { command = 'slm.status', arguments = {} }
  local request = vim.fn.has('nvim-0.11') == 1 and function(...)
    return client:request_sync(...)
  end or client.request_sync
  local answer = request('workspace/executeCommand', params, 3000, 0)
  local report = answer and answer.result
  if not report then
    health.error('The server does not answer', ':SlmLsp log')
  elseif report.state == 'error' then
    health.error(report.message, 'slm-lsp doctor')
  else
    local model = report.model ~= vim.NIL and report.model and report.model.name or 'no model'
    health.ok(('The server is %s, with %s'):format(report.state, model))
  end
end

return M
