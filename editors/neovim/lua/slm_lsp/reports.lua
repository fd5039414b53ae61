--- What the server says about itself, in a buffer.
local M = {}

--- Ask the current buffer's server, or the one that runs; `on_answer` gets what it answers.
function M.request(command, on_answer)
  local client = require('slm_lsp').client() or vim.lsp.get_clients({ name = 'slm_lsp' })[1]
  if not client then
    vim.notify('slm-lsp: no server is running; :SlmLsp restart starts it', vim.log.levels.WARN)
    return
  end
  local params = { command = command, arguments = {} }
  require('slm_lsp.compat').request(client, 'workspace/executeCommand', params, 0, function(err, result)
    if err then
      vim.notify('slm-lsp: ' .. err.message, vim.log.levels.ERROR)
    else
      on_answer(result)
    end
  end)
end

function M.status()
  M.request('slm.status', function(report)
    M._show('slm-lsp://status', vim.inspect(report))
  end)
end

--- What the model saw for the last suggestion, and what became of its answer.
function M.explain()
  M.request('slm.explain', function(explanation)
    if type(explanation) ~= 'table' then
      M._show('slm-lsp://explain', 'Nothing has been asked of the model yet.')
      return
    end
    local prompt = vim.tbl_map(function(segment)
      return segment.text
    end, explanation.prompt or {})
    explanation.prompt = nil
    local text = { vim.inspect(explanation), '', 'The prompt, to the letter:', table.concat(prompt) }
    M._show('slm-lsp://explain', table.concat(text, '\n'))
  end)
end

function M._show(name, text)
  local bufnr = vim.fn.bufadd(name)
  vim.fn.bufload(bufnr)
  vim.bo[bufnr].buftype, vim.bo[bufnr].swapfile = 'nofile', false
  vim.api.nvim_buf_set_lines(bufnr, 0, -1, false, vim.split(text, '\n'))
  local shown = vim.fn.bufwinid(bufnr)
  if shown == -1 then
    vim.cmd.sbuffer(bufnr)
  else
    vim.api.nvim_set_current_win(shown)
  end
end

return M
