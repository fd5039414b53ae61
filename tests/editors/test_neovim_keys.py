"""The plugin's keys where nothing is shown and beside other mappings; starting late, and again."""

from pathlib import Path
from typing import Any

import pytest

from tests.editors.harness.installed import editor, needs, server
from tests.editors.harness.waiting import until

needs("pynvim")
from tests.editors.harness.neovim import RUNTIME, Neovim  # noqa: E402 - pynvim may be missing

# Mappings of the person's own, made before setup(), in the ways in which they are made.
MINE = r"""(function()
  vim.keymap.set('i', '<Plug>(mine)', 'mine')
  vim.cmd([[
    imap <expr> <M-w> "\<Plug>(mine)"
    imap <M-l> <Plug>(mine)
  ]])
  vim.keymap.set('i', '<Tab>', function()
    return vim.keycode('<Plug>(mine)')
  end, { expr = true, replace_keycodes = false })
  vim.keymap.set('i', '<M-e>', function()
    vim.api.nvim_set_current_line('mine')
  end)
  return {}
end)()"""


@pytest.mark.parametrize("key", ["<M-w>", "<M-l>", "<M-e>", "<M-[>"])
def test_alt_leaves_insert_mode_where_nobody_mapped_it(start_neovim, key):
    """Neovim takes Alt and a key for Escape and that key; many leave insert mode so."""
    neovim = start_neovim()
    neovim.type("iab cd<Left>")
    for one in (key, "<Ignore>", "<Esc>"):
        neovim.type(one)
    until("normal mode", lambda: neovim.api.api.get_mode() == {"mode": "n", "blocking": False})
    assert neovim.line == "ab cd"


@pytest.mark.parametrize("key", ["<M-w>", "<M-l>", "<Tab>", "<M-e>"])
def test_a_key_does_what_the_person_mapped_it_to(start_neovim, key):
    neovim = start_neovim(MINE)
    neovim.lua("require('slm_lsp').setup({})")  # as when the init file is read again
    neovim.type(f"i{key}")
    until("the person's own mapping ran", lambda: neovim.line == "mine")


def test_asking_for_one_where_none_is_shown(neovim, place):
    """Of what the model writes, much is shown only to who asks."""
    neovim.type(place.key)
    neovim.wait_for_ghost()
    neovim.type("<M-e>")
    until("nothing is shown", lambda: not neovim.ghost())
    neovim.type("<M-]>")
    assert neovim.wait_for_ghost()
    assert neovim.command("slm.explain")["trigger"] == "invoked"
    assert neovim.line == place.line


# The line, where the suggestion begins and what it replaces ends, the suggestion; the line and the
# column now, after brackets were typed over; the line after it was taken.
TYPED_OVER = [
    ("foo()", (4, 5), "a) + 1", "foo(a)", 6, "foo(a) + 1"),
    ("foo(bar())", (8, 9), "a) + 1", "foo(bar(a))", 10, "foo(bar(a) + 1)"),
    ("foo(bar())", (8, 10), "a) + 1)", "foo(bar(a))", 10, "foo(bar(a) + 1)"),
    ("foo()", (4, 5), "a, b)", "foo(a)", 5, "foo(a, b)"),
    ("foo( )", (4, 6), "a, b)", "foo(a )", 5, "foo(a, b)"),
]


@pytest.mark.parametrize(("line", "at", "text", "now", "column", "then"), TYPED_OVER)
def test_a_bracket_that_was_typed_over(shared_neovim, line, at, text, now, column, then):
    """The editor closed it, the person typed it, and the suggestion was to replace it."""
    shared_neovim.type("<Esc>")
    shared_neovim.api.command("enew!")
    shared_neovim.lua(
        """
        local col, end_col, text, now, column = ...
        vim.o.virtualedit = 'onemore'
        vim.api.nvim_set_current_line(now)
        vim.api.nvim_win_set_cursor(0, { 1, column })
        local bufnr = vim.api.nvim_get_current_buf()
        local item = { bufnr = bufnr, row = 0, col = col, end_col = end_col, text = text }
        require('slm_lsp.accept').take(item)
        vim.o.virtualedit = ''
        """,
        *at,
        text,
        now,
        column,
    )
    assert shared_neovim.line == then


@pytest.fixture(params=["nvim", "nvim-old"])
def bare(request, home: Path, tmp_path: Path, evidence) -> Any:
    """A Neovim in which nobody has called setup() yet."""
    init = tmp_path / "init.lua"
    init.write_text(f"vim.o.swapfile = false\nvim.opt.runtimepath:append('{RUNTIME}')\n")
    neovim = Neovim.with_init(editor(request.param), init, evidence.server_log)
    evidence.on_failure(neovim.dump)
    yield neovim
    neovim.close()


def test_a_file_that_is_open_when_setup_is_called(bare, workspace):
    """As by plugin managers that load what is needed when it is needed."""
    file = workspace / "settings.py"
    file.write_text("import json\n")
    bare.api.command("filetype on")
    bare.api.command(f"edit {file}")
    bare.lua("require('slm_lsp').setup({ cmd = ... })", [*server(), "serve"])
    until("the server is ready", lambda: bare.status().get("state") == "ready")


def test_a_server_that_is_gone_is_started_again(start_neovim, workspace):
    file = workspace / "settings.py"
    file.write_text("import json\n")
    neovim = start_neovim()
    neovim.open(file)
    neovim.api.command("SlmLsp toggle")
    neovim.lua(
        "for _, one in ipairs(vim.lsp.get_clients()) do vim.lsp.stop_client(one.id, true) end"
    )
    until("it is gone", lambda: not neovim.lua("return #vim.lsp.get_clients() > 0"))
    neovim.api.command("SlmLsp restart")
    until("it is back", lambda: neovim.status().get("state") == "ready")
    assert neovim.server_has_our_text()
    assert not neovim.lua("return require('slm_lsp').ghost().is_enabled(0)"), "it was switched off"


def test_alt_and_a_bracket_where_the_server_is_gone(start_neovim, workspace):
    """There is nobody to ask for a suggestion, so the key does what it does without us."""
    file = workspace / "settings.py"
    file.write_text("import json\n")
    neovim = start_neovim()
    neovim.open(file)
    neovim.lua(
        "for _, one in ipairs(vim.lsp.get_clients()) do vim.lsp.stop_client(one.id, true) end"
    )
    until("it is gone", lambda: not neovim.lua("return #vim.lsp.get_clients() > 0"))
    for ghost in ("native", "fallback"):
        select = (
            "local ok, ghost = pcall(require, 'slm_lsp.' .. ...) "
            "if not ok then return false end "
            "ghost.enable(true, vim.api.nvim_get_current_buf()) return ghost.select(1)"
        )
        if ghost == "fallback" or neovim.lua("return vim.lsp.inline_completion ~= nil"):
            assert not neovim.lua(select, ghost), ghost


def test_ghost_text_by_the_plugin_where_neovim_counts_as_since_0_11(start_neovim, workspace, place):
    """Neovim 0.11 has no ghost text of its own, and not all functions of 0.10."""
    neovim = start_neovim("(function() vim.lsp.inline_completion = false return {} end)()")
    file = workspace / "settings.py"
    file.write_text(place.text + "\n")
    neovim.open(file)
    neovim.type("GA" + place.key)
    ghost = neovim.wait_for_ghost()
    neovim.type("<Tab>")
    until("it is taken", lambda: neovim.text.endswith(place.line + ghost + "\n"))
