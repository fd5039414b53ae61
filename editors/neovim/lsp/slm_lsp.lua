---@brief
---
--- slm-lsp completes code with a small language model on your own machine, as ghost text
--- (`textDocument/inlineCompletion`) or as a plain completion item. Nothing leaves the machine.
---
--- ```lua
--- vim.lsp.enable('slm_lsp')
--- vim.lsp.inline_completion.enable() -- Neovim 0.12
--- ```

---@type vim.lsp.Config
return {
  cmd = { 'slm-lsp', 'serve' },
  filetypes = {
    'bash',
    'c',
    'cpp',
    'cs',
    'go',
    'java',
    'javascript',
    'javascriptreact',
    'kotlin',
    'lua',
    'php',
    'python',
    'ruby',
    'rust',
    'scala',
    'sh',
    'swift',
    'toml',
    'typescript',
    'typescriptreact',
  },
  root_markers = { 'slm-lsp.toml', '.git' },
}
