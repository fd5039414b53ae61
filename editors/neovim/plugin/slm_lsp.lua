-- Only the command: nothing starts before somebody calls setup() or vim.lsp.enable('slm_lsp').
if vim.g.loaded_slm_lsp then
  return
end
vim.g.loaded_slm_lsp = true

vim.api.nvim_create_user_command('SlmLsp', function(given)
  local command = require('slm_lsp').commands[given.args]
  if command then
    command()
  else
    vim.notify('SlmLsp: no such command: ' .. given.args, vim.log.levels.ERROR)
  end
end, {
  nargs = 1,
  desc = 'Local code completion',
  complete = function(start)
    local names = vim.tbl_keys(require('slm_lsp').commands)
    table.sort(names)
    return vim.tbl_filter(function(name)
      return vim.startswith(name, start)
    end, names)
  end,
})
