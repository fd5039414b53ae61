"""The squiggle, its message, its fix and its dismissal in Neovim."""

from pathlib import Path

import pytest

from tests.editors.harness.installed import needs
from tests.editors.harness.waiting import until

needs("pynvim")
from tests.editors.harness.neovim import Neovim  # noqa: E402 - pynvim may be missing

GOOD = "def area(width, height):\n    return width * height\n"
FIRST = """
local client = require('slm_lsp').client()
local found = {}
for _, one in ipairs(vim.diagnostic.get(0)) do
  table.insert(found, { one.lnum, one.col, one.end_col, one.code, one.message })
end
return found
"""
REPORT = """
local found = ...
for _, one in ipairs(found) do
  one.lnum, one.col, one.end_col = 1, 12, 17
end
vim.diagnostic.set(vim.api.nvim_create_namespace('other'), 0, found)
"""
ASK = """
local line, character = ...
local client = require('slm_lsp').client()
local ask = vim.fn.has('nvim-0.11') == 1 and function(...)
  return client:request_sync(...)
end or client.request_sync
ask('textDocument/inlineCompletion', {
  textDocument = vim.lsp.util.make_text_document_params(0),
  position = { line = line, character = character },
  context = { triggerKind = 1 },
}, 10000, 0)
"""
UNDERLINED = """
local n = 0
for _, space in pairs(vim.api.nvim_get_namespaces()) do
  for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(0, space, 0, -1, { details = true })) do
    local group = mark[4].hl_group
    if type(group) == 'string' and group:match('^DiagnosticUnderline') then n = n + 1 end
  end
end
return n
"""


def found(neovim: Neovim) -> list[list[object]]:
    return neovim.lua(FIRST)


def apply(neovim: Neovim, title: str) -> None:
    neovim.lua(
        """
        local wanted = ...
        vim.lsp.buf.code_action({
          apply = true,
          filter = function(action) return action.title == wanted end,
        })
        """,
        title,
    )


@pytest.fixture
def mistyped(start_neovim, workspace: Path) -> Neovim:
    """A file whose second line has just been typed, with a slip, and is not finished."""
    neovim = start_neovim()
    file = workspace / "area.py"
    file.write_text(GOOD)
    neovim.open(file)
    neovim.lua("vim.diagnostic.config({ virtual_text = true })")
    neovim.type("GA + widht")
    until("the server has it", neovim.server_has_our_text)
    assert found(neovim) == []  # it is being typed
    neovim.type("<Esc>")
    neovim.api.command("write")
    until("the squiggle", lambda: found(neovim))
    return neovim


def test_squiggle_message_and_fix(mistyped: Neovim) -> None:
    message = "`widht` is not defined anywhere; `width` is."
    assert found(mistyped) == [[1, 28, 33, "misspelt-name", message]]
    assert until("it is underlined", lambda: mistyped.lua(UNDERLINED))
    # A screen of 80 columns has no room for all of it.
    until("the message is on the screen", lambda: message[:24] in mistyped.screen())
    mistyped.type("G$")
    apply(mistyped, "Change to `width`")
    until("it is fixed", lambda: mistyped.line == "    return width * height + width")
    until("the squiggle is gone", lambda: found(mistyped) == [])


def test_dismissal(mistyped: Neovim) -> None:
    mistyped.type("G$")
    apply(mistyped, "Not a bug (remember)")
    until("the squiggle is gone", lambda: found(mistyped) == [])
    mistyped.api.command("edit!")
    mistyped.type("ggO# more<Esc>")
    mistyped.api.command("write")
    until("the server has it", mistyped.server_has_our_text)
    assert found(mistyped) == []


def test_a_syntax_error_comes_when_the_line_is_left(start_neovim, workspace: Path) -> None:
    neovim = start_neovim()
    file = workspace / "area.py"
    file.write_text(GOOD)
    neovim.open(file)
    neovim.type("GA * (width<CR>")
    until("the squiggle", lambda: found(neovim))
    [[line, _, _, code, message]] = found(neovim)
    assert (line, code, message) == (1, "syntax", "'(' was never closed")


def test_the_settings_file_has_squiggles(start_neovim, workspace: Path) -> None:
    neovim = start_neovim()
    file = workspace / "slm-lsp.toml"
    file.write_text("[completion]\nmax_line_tokns = 30\n")
    neovim.api.command(f"edit {file}")
    until("the squiggle", lambda: found(neovim))
    [[line, start_, end, code, message]] = found(neovim)
    assert (line, start_, end, code) == (1, 0, 14, "settings")
    assert "did you mean `max_line_tokens`?" in str(message)
    neovim.type("G0")
    apply(neovim, "Change to `max_line_tokens`")
    until("it is fixed", lambda: neovim.line == "max_line_tokens = 30")
    until("the squiggle is gone", lambda: found(neovim) == [])


def test_what_another_server_finds_tells_what_the_model_is_shown(
    start_neovim,
    workspace: Path,
) -> None:
    (workspace / "purse.py").write_text("class Purse:\n    def count_coins(self): ...\n")
    # Gathering gives up in time, on a busy machine before it finds it, and is not tried again soon.
    (workspace / "slm-lsp.toml").write_text("[context]\ndeadline_ms = 2000\n")
    file = workspace / "app.py"
    file.write_text("def f():\n    purse = Purse()\n    return 1\n")
    neovim = start_neovim()
    neovim.open(file)
    until("it is read", lambda: neovim.report()["workspace"]["state"] == "ready")

    def shown() -> list[str]:
        neovim.lua(ASK, 2, 11)
        return [one["reason"] for one in neovim.command("slm.explain")["snippets"]]

    assert shown() == []
    neovim.lua(REPORT, [{"message": '"Purse" is not defined', "source": "Pyright"}])
    until("it is passed on", lambda: shown() == ["Pyright names Purse"])
