--- Ghost text for Neovim 0.10 and 0.11, which have none of their own.
local M = {}

local accept = require('slm_lsp.accept')
local compat = require('slm_lsp.compat')

local METHOD = 'textDocument/inlineCompletion'
local DEBOUNCE_MS = 75
local AUTOMATIC, INVOKED = 2, 1
local namespace = vim.api.nvim_create_namespace('slm_lsp')

---@class slm_lsp.Ghost
---@field items slm_lsp.Item[]
---@field index integer
---@field timer? uv.uv_timer_t
---@field pending? { client: vim.lsp.Client, id: integer }
local ghosts = {} ---@type table<integer, slm_lsp.Ghost> by buffer

function M.enable(on, bufnr)
  bufnr = bufnr == 0 and vim.api.nvim_get_current_buf() or bufnr
  local group = vim.api.nvim_create_augroup('slm_lsp_ghost_' .. bufnr, {})
  if ghosts[bufnr] then
    M._forget(bufnr)
    ghosts[bufnr] = nil
  end
  if not on then
    return
  end
  ghosts[bufnr] = { items = {}, index = 1 }
  vim.api.nvim_create_autocmd({ 'InsertEnter', 'CursorMovedI', 'TextChangedP' }, {
    group = group,
    buffer = bufnr,
    callback = function()
      M._draw(bufnr)
      M._ask_soon(bufnr)
    end,
  })
  vim.api.nvim_create_autocmd({ 'InsertLeave', 'BufLeave' }, {
    group = group,
    buffer = bufnr,
    callback = function()
      M._forget(bufnr)
    end,
  })
  vim.api.nvim_create_autocmd('BufDelete', {
    group = group,
    buffer = bufnr,
    callback = function()
      M.enable(false, bufnr)
    end,
  })
end

function M.is_enabled(bufnr)
  return ghosts[bufnr == 0 and vim.api.nvim_get_current_buf() or bufnr] ~= nil
end

---@param part? 'word'|'line'
function M.accept(part)
  local bufnr = vim.api.nvim_get_current_buf()
  local item = M._shown(bufnr)
  if not item then
    return false
  end
  -- Mappings that return keys may not change the buffer themselves.
  vim.schedule(function()
    M._forget(bufnr)
    accept.take(item, part)
  end)
  return true
end

--- The next or previous suggestion. Where there is one or none, the server is asked as by hand: then
--- it gives several, and what it would not show by itself. False where there is nothing to do.
function M.select(count)
  local bufnr = vim.api.nvim_get_current_buf()
  local ghost = ghosts[bufnr]
  local shown = ghost and M._shown(bufnr)
  if not ghost or not require('slm_lsp').client(bufnr) or (count < 0 and not shown) then
    return false
  end
  vim.schedule(function()
    if shown and #ghost.items > 1 then
      ghost.index = (ghost.index - 1 + count) % #ghost.items + 1
      M._draw(bufnr)
    else
      M._ask(bufnr, INVOKED)
    end
  end)
  return true
end

function M.dismiss()
  local bufnr = vim.api.nvim_get_current_buf()
  local shown = M._shown(bufnr) ~= nil
  if shown then
    vim.schedule(function()
      M._forget(bufnr)
    end)
  end
  return shown
end

function M._shown(bufnr)
  local ghost = ghosts[bufnr]
  local item = ghost and ghost.items[ghost.index]
  local rest = item and accept.rest(item)
  if rest and rest ~= '' then
    return item, rest
  end
end

function M._draw(bufnr)
  vim.api.nvim_buf_clear_namespace(bufnr, namespace, 0, -1)
  local item, rest = M._shown(bufnr)
  if not item then
    return
  end
  local lines = vim.split(rest, '\n')
  local below = vim.tbl_map(function(line)
    return { { line, 'SlmLspGhost' } }
  end, vim.list_slice(lines, 2))
  local cursor = vim.api.nvim_win_get_cursor(0)
  vim.api.nvim_buf_set_extmark(bufnr, namespace, cursor[1] - 1, cursor[2], {
    virt_text = { { lines[1], 'SlmLspGhost' } },
    virt_text_pos = 'inline',
    virt_lines = #below > 0 and below or nil,
    hl_mode = 'combine',
  })
end

function M._ask_soon(bufnr)
  local ghost = ghosts[bufnr]
  M._cancel(ghost)
  ghost.timer = vim.defer_fn(function()
    ghost.timer = nil
    if vim.api.nvim_get_current_buf() == bufnr and vim.fn.mode():find('^i') then
      M._ask(bufnr, AUTOMATIC)
    end
  end, DEBOUNCE_MS)
end

function M._ask(bufnr, kind)
  local ghost, client = ghosts[bufnr], require('slm_lsp').client(bufnr)
  if not ghost or not client then
    return
  end
  M._cancel(ghost)
  local params = vim.lsp.util.make_position_params(0, client.offset_encoding)
  params.context = { triggerKind = kind }
  local tick = vim.api.nvim_buf_get_changedtick(bufnr)
  local cursor = vim.api.nvim_win_get_cursor(0)
  local pending = { client = client }
  ghost.pending = pending
  pending.id = compat.request(client, METHOD, params, bufnr, function(_, result)
    if ghost.pending ~= pending then
      return
    end
    ghost.pending = nil
    if tick == vim.api.nvim_buf_get_changedtick(bufnr) and vim.fn.mode():find('^i') then
      ghost.items, ghost.index = M._items(bufnr, client, cursor, result), 1
      M._draw(bufnr)
    end
  end)
end

function M._items(bufnr, client, cursor, result)
  local row, col = cursor[1] - 1, cursor[2]
  local line = vim.api.nvim_buf_get_lines(bufnr, row, row + 1, false)[1] or ''
  local bytes = function(character)
    return compat.byte(line, character, client.offset_encoding)
  end
  return vim.tbl_map(function(item)
    local range = item.range
    return {
      bufnr = bufnr,
      client = client,
      row = row,
      col = range and bytes(range.start.character) or col,
      end_col = range and bytes(range['end'].character) or col,
      text = item.insertText,
      command = item.command,
    }
  end, result and (result.items or result) or {})
end

function M._cancel(ghost)
  if ghost.timer then
    ghost.timer:stop()
    ghost.timer:close()
    ghost.timer = nil
  end
  if ghost.pending then
    compat.cancel(ghost.pending.client, ghost.pending.id)
    ghost.pending = nil
  end
end

function M._forget(bufnr)
  local ghost = ghosts[bufnr]
  if ghost then
    M._cancel(ghost)
    ghost.items = {}
  end
  if vim.api.nvim_buf_is_valid(bufnr) then
    vim.api.nvim_buf_clear_namespace(bufnr, namespace, 0, -1)
  end
end

vim.api.nvim_set_hl(0, 'SlmLspGhost', { default = true, link = 'NonText' })

return M
