--- Ghost text by Neovim itself, 0.12 and later: |lsp-inline_completion|.
local M = {}

local inline = vim.lsp.inline_completion
local take = require('slm_lsp.accept').take

function M.enable(on, bufnr)
  inline.enable(on, { bufnr = bufnr })
end

function M.is_enabled(bufnr)
  return inline.is_enabled({ bufnr = bufnr })
end

--- Neovim would put the suggestion where it stood when it was asked for. Who has typed on since
--- then would get text twice, or wrong text: so what is left of it is inserted here instead.
---@param part? 'word'|'line'
function M.accept(part)
  return inline.get({
    on_accept = function(item)
      local client = vim.lsp.get_client_by_id(item.client_id)
      if not item.range or not client or client.name ~= 'slm_lsp' then
        return item
      end
      local row, col, _, end_col = item.range:to_extmark()
      take({
        bufnr = vim.api.nvim_get_current_buf(),
        client = client,
        row = row,
        col = col,
        end_col = end_col,
        text = item.insert_text,
        command = item.command,
      }, part)
    end,
  })
end

--- The next or previous suggestion. Where there is one or none, the server is asked as by hand: then
--- it gives several, and what it would not show by itself. False where there is nothing to do.
function M.select(count)
  local bufnr = vim.api.nvim_get_current_buf()
  local known = M._known(bufnr)
  local shown = known and known.current
  if not M.is_enabled(bufnr) or not require('slm_lsp').client(bufnr) then
    return false
  elseif known and count < 0 and not shown then
    return false
  end
  vim.schedule(function()
    if known and not (shown and known:count_items() > 1) then
      known:request(vim.lsp.protocol.InlineCompletionTriggerKind.Invoked)
    else
      inline.select({ count = count })
    end
  end)
  return true
end

--- What Neovim keeps of this buffer's suggestions; nil where it keeps it in another way than 0.12
--- does. By its public functions it never asks by hand, and so never gets more than one.
function M._known(bufnr)
  local ok, capability = pcall(require, 'vim.lsp._capability')
  local class = ok and capability.all and capability.all.inline_completion
  local known = class and class.active and class.active[bufnr]
  return known and known.count_items and known.request and known or nil
end

--- Send the suggestion away, and the request that may be on its way.
function M.dismiss()
  return inline.get({
    on_accept = function()
      return nil
    end,
  })
end

return M
