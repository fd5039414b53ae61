--- One server for all repositories that are open, and so one model in memory: each repository is a
--- workspace folder of it.
local M = {}

local notify = require('slm_lsp.compat').notify

--- For `reuse_client`: yes for any buffer; the server is told where it belongs.
function M.reuse(client, config)
  local stopped = client.is_stopped
  if client.name ~= config.name or (stopped and stopped(client)) then
    return false
  end
  if config.root_dir then
    M._add(client, config.root_dir)
  end
  return true
end

function M._add(client, dir)
  local uri = vim.uri_from_fname(dir)
  for _, folder in ipairs(client.workspace_folders or {}) do
    if folder.uri == uri then
      return
    end
  end
  local added = { { uri = uri, name = dir } }
  client.workspace_folders = vim.list_extend(client.workspace_folders or {}, added)
  local function tell()
    notify(client, 'workspace/didChangeWorkspaceFolders', { event = { added = added, removed = {} } })
  end
  if client.initialized then
    return tell()
  end
  vim.api.nvim_create_autocmd('LspAttach', {
    callback = function(event)
      if event.data.client_id == client.id then
        tell()
        return true
      end
    end,
  })
end

return M
