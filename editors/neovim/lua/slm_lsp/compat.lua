--- Neovim 0.11 turned the client's functions into methods, and counts characters in another way.
local M = {}

local methods = vim.fn.has('nvim-0.11') == 1

--- Returns the request's id.
function M.request(client, method, params, bufnr, handler)
  handler = handler or function() end
  local _, id
  if methods then
    _, id = client:request(method, params, handler, bufnr)
  else
    _, id = client.request(method, params, handler, bufnr)
  end
  return id
end

function M.notify(client, method, params)
  if methods then
    client:notify(method, params)
  else
    client.notify(method, params)
  end
end

function M.cancel(client, id)
  if methods then
    client:cancel_request(id)
  else
    client.cancel_request(id)
  end
end

--- The byte of a line at which the server's `character` begins.
function M.byte(line, character, encoding)
  if methods then
    return vim.str_byteindex(line, encoding, character, false)
  end
  return vim.lsp.util._str_byteindex_enc(line, character, encoding)
end

return M
