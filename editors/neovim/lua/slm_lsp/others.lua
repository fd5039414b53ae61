--- What other servers found is passed on to ours: the name that they miss tells what the model
--- should see. Neovim asks each server only about its own findings.
local M = {}

local DELAY_MS = 200
local MOST = 200

local waiting = {} ---@type table<integer, boolean> by buffer
local told = {} ---@type table<integer, boolean> whether there was anything when we last told

--- A buffer's diagnostics changed. They come server by server: a moment later they are all there.
function M.changed(bufnr)
  if waiting[bufnr] then
    return
  end
  waiting[bufnr] = true
  vim.defer_fn(function()
    waiting[bufnr] = nil
    if vim.api.nvim_buf_is_loaded(bufnr) then
      M._tell(bufnr)
    else
      told[bufnr] = nil
    end
  end, DELAY_MS)
end

function M._tell(bufnr)
  local client = require('slm_lsp').client(bufnr)
  if not client then
    return
  end
  local found = {}
  for _, one in ipairs(vim.diagnostic.get(bufnr)) do
    if one.source ~= 'slm-lsp' and #found < MOST then
      table.insert(found, M._as_lsp(one))
    end
  end
  if #found == 0 and not told[bufnr] then
    return
  end
  told[bufnr] = #found > 0
  local last = { line = vim.api.nvim_buf_line_count(bufnr), character = 0 }
  require('slm_lsp.compat').request(client, 'textDocument/codeAction', {
    textDocument = vim.lsp.util.make_text_document_params(bufnr),
    range = { start = { line = 0, character = 0 }, ['end'] = last },
    -- Nothing is asked for: the question is the message.
    context = { diagnostics = found, only = { 'source' } },
  }, bufnr)
end

function M._as_lsp(one)
  local sent = vim.tbl_get(one, 'user_data', 'lsp') or {}
  return {
    -- Bytes; where the server counts otherwise, a column may be off in a line that is not ASCII.
    range = {
      start = { line = one.lnum, character = one.col },
      ['end'] = { line = one.end_lnum or one.lnum, character = one.end_col or one.col },
    },
    message = one.message,
    source = one.source,
    tags = sent.tags,
    relatedInformation = sent.relatedInformation,
  }
end

return M
