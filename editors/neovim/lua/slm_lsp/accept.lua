--- Taking a suggestion, or the next word or line of it, into the buffer.
local M = {}

---@class slm_lsp.Item
---@field bufnr integer
---@field client vim.lsp.Client
---@field row integer where it starts, 0-based; the cursor was here when it was asked for
---@field col integer in bytes
---@field end_col integer what is replaced ends here, on the same row
---@field text string
---@field command? lsp.Command

--- What is left of the suggestion at the cursor, after typing into it; nil when it does not fit.
---@param item slm_lsp.Item
---@return string? rest, integer? typed the number of bytes that were typed
function M.rest(item)
  local cursor = vim.api.nvim_win_get_cursor(0)
  local row, col = cursor[1] - 1, cursor[2]
  if row ~= item.row or col < item.col then
    return nil
  end
  local typed = vim.api.nvim_buf_get_text(item.bufnr, row, item.col, row, col, {})[1]
  if not vim.startswith(item.text, typed) then
    return nil
  end
  return item.text:sub(#typed + 1), #typed
end

--- Insert all of it, or its next 'word' or 'line'. False when the text has moved on.
---@param item slm_lsp.Item
---@param part? 'word'|'line'
function M.take(item, part)
  local rest, typed = M.rest(item)
  if not rest or rest == '' then
    return false
  end
  local taken = part and M.part(rest, part) or rest
  local whole = taken == rest
  local col = item.col + typed
  local lines = vim.split(taken, '\n')
  -- One `u` takes back the suggestion, and not what was typed before it.
  vim.cmd('let &g:undolevels = &g:undolevels')
  -- What stands behind the cursor is replaced only by the end of the suggestion.
  local after = vim.api.nvim_buf_get_lines(item.bufnr, item.row, item.row + 1, false)[1]:sub(col + 1)
  local end_col = col + (whole and M._replaced(after, item.end_col - item.col, rest) or 0)
  vim.api.nvim_buf_set_text(item.bufnr, item.row, col, item.row, end_col, lines)
  vim.api.nvim_win_set_cursor(0, {
    item.row + #lines,
    (#lines == 1 and col or 0) + #lines[#lines],
  })
  M.tell(item, not whole and part or nil, item.text:sub(1, typed) .. taken)
  return true
end

--- How many of the first `n` bytes behind the cursor go: what the suggestion brings itself, such as a
--- bracket that the editor closed. Those that were typed over meanwhile are gone already.
function M._replaced(after, n, rest)
  for m = math.min(n, #after), 1, -1 do
    local at = 1
    for character in after:sub(1, m):gmatch('%S') do
      at = at and rest:find(character, at, true)
      at = at and at + 1
    end
    if at then
      return m
    end
  end
  return 0
end

--- The next word with what stands before it, or the rest of the line.
function M.part(text, part)
  if part == 'line' then
    return text:match('^\n*[^\n]*')
  end
  return text:match('^%s*[%w_\128-\255]+') or text:match('^%s*[^%w_%s\128-\255]+') or text
end

--- The server counts what was taken: of the suggestion's start, up to here.
function M.tell(item, part, taken)
  local command = vim.deepcopy(item.command)
  if not command then
    return
  end
  local told = command.arguments and command.arguments[1]
  if part and told then
    told.kind, told.length = part, vim.fn.strchars(taken)
  end
  local params = { command = command.command, arguments = command.arguments }
  require('slm_lsp.compat').request(item.client, 'workspace/executeCommand', params, item.bufnr)
end

return M
