"""Neovim 0.12, which shows ghost text itself, and 0.10 with our fallback."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.editors.harness.installed import needs
from tests.editors.harness.waiting import until

needs("pynvim")
from tests.editors.harness.neovim import Neovim  # noqa: E402 - pynvim may be missing


def test_it_is_the_neovim_that_it_should_be(start_neovim, request):
    neovim = start_neovim()
    has_own = neovim.lua("return vim.lsp.inline_completion ~= nil")
    assert has_own == (request.node.callspec.params["start_neovim"] == "nvim")


def test_ghost_text_is_drawn_and_taken(neovim, place):
    accepted = neovim.report()["counters"]["accepted"]
    neovim.type(place.key)
    ghost = neovim.wait_for_ghost()
    assert place.line + ghost.split("\n")[0] in neovim.screen()
    neovim.type("<Tab>")
    until(
        "the suggestion is in the buffer", lambda: neovim.text.endswith(place.line + ghost + "\n")
    )
    until("the server counts it", lambda: neovim.report()["counters"]["accepted"] == accepted + 1)


def test_undo_takes_back_the_suggestion_only(neovim, place):
    neovim.type(place.key)
    ghost = neovim.wait_for_ghost()
    neovim.type("<Tab>")
    until("taken", lambda: neovim.line == (place.line + ghost).rsplit("\n", 1)[-1])
    neovim.type("<Esc>u")
    until("the typed text is back", lambda: neovim.line == place.line)


def test_a_word_then_the_rest(neovim, place):
    neovim.type(place.key)
    ghost = neovim.wait_for_ghost()
    neovim.type("<M-w>")
    taken = until("a word", lambda: neovim.line.removeprefix(place.line))
    assert ghost.startswith(taken) and len(taken) < len(ghost)
    assert sum(part.isalnum() for part in taken.split()) <= 1
    until("the rest stays", lambda: neovim.ghost() == ghost.removeprefix(taken))
    neovim.type("<Tab>")
    until("all of it", lambda: neovim.text.endswith(place.line + ghost + "\n"))


def test_typing_into_the_suggestion_keeps_it(neovim, place):
    neovim.type(place.key)
    ghost = neovim.wait_for_ghost()
    for n in range(1, 4):
        neovim.type(ghost[n - 1].replace("<", "<lt>"))
        rest = ghost[n:]
        until(f"the rest after {n} keys", lambda rest=rest: neovim.ghost() == rest)


def test_taking_it_before_the_screen_catches_up(neovim, place):
    neovim.type(place.key)
    ghost = neovim.wait_for_ghost()
    # In one go: the editor has no time to ask again in between.
    neovim.type(ghost[0].replace("<", "<lt>") + "<Tab>")
    until("exactly the suggestion", lambda: neovim.text.endswith(place.line + ghost + "\n"))


def test_a_suggestion_that_no_longer_fits_is_not_taken(neovim, place):
    neovim.type(place.key)
    ghost = neovim.wait_for_ghost()
    other = "q" if ghost[0] != "q" else "z"
    neovim.type(other + "<Tab>")
    neovim.type("<Esc>")
    until("normal mode", lambda: neovim.api.api.get_mode()["mode"] == "n")
    assert ghost not in neovim.line
    assert neovim.line.startswith(place.line + other)


def test_asking_for_another_one(neovim, place):
    """The first time the server is asked by hand: only then it makes more than one."""
    neovim.type(place.key)
    ghost = neovim.wait_for_ghost()
    assert neovim.command("slm.explain")["trigger"] == "automatic"
    neovim.type("<M-]>")
    until("asked by hand", lambda: neovim.command("slm.explain")["trigger"] == "invoked")
    neovim.wait_for_ghost()
    seen = {ghost}
    for key in ("<M-]>", "<M-[>"):
        neovim.type(key)
        seen.add(neovim.wait_for_ghost())
    assert neovim.line == place.line, "nothing is typed by these keys"
    neovim.type("<Tab>")
    endings = tuple(place.line + one + "\n" for one in seen)
    until("one of them is taken", lambda: neovim.text.endswith(endings))


def test_taking_a_line(neovim, place):
    neovim.type(place.key)
    ghost = neovim.wait_for_ghost()
    neovim.type("<M-l>")
    until("its line", lambda: neovim.text.endswith(place.line + ghost.split("\n")[0] + "\n"))


def test_dismissing_it(neovim, place):
    neovim.type(place.key)
    neovim.wait_for_ghost()
    neovim.type("<M-e>")
    until("nothing is shown", lambda: not neovim.ghost())
    assert neovim.line == place.line


def test_leaving_insert_mode_removes_it(neovim, place):
    neovim.type(place.key)
    neovim.wait_for_ghost()
    neovim.type("<Esc>")
    until("nothing is shown", lambda: not neovim.ghost())
    neovim.type("A<Tab>x")
    until("Tab is a tab again", lambda: neovim.line.endswith("x"))


def test_leaving_at_once_asks_for_nothing(neovim, place):
    before = neovim.report()["counters"]["shown"]
    neovim.type(place.key + "<Esc>")
    until("normal mode", lambda: neovim.api.api.get_mode()["mode"] == "n")
    assert neovim.report()["counters"]["shown"] == before
    assert not neovim.ghost()


def test_switching_it_off_here(neovim, place):
    neovim.api.command("SlmLsp toggle")
    assert not neovim.lua("return require('slm_lsp').ghost().is_enabled(0)")
    asked = neovim.report()["counters"]["requests"]
    neovim.type(place.key)
    neovim.type("<Esc>")
    until("normal mode", lambda: neovim.api.api.get_mode()["mode"] == "n")
    assert neovim.report()["counters"]["requests"] == asked
    neovim.api.command("SlmLsp toggle")
    neovim.type("A")
    assert neovim.wait_for_ghost()


@pytest.mark.parametrize("ends", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_the_server_has_the_same_text(neovim, workspace, ends):
    """Form feeds, line separators, tabs and emoji, edited above and below, in utf-8 and utf-16."""
    file = workspace / "odd.py"
    lines = ["import os", "\f", 'x = "\N{LINE SEPARATOR}é"', 'y = "👩‍💻"', "\tif x:", "\t\tpass"]
    file.write_bytes(ends.join([*lines, ""]).encode())
    neovim.type("<Esc>")
    neovim.open(file)
    neovim.type("4GA  # 🦀<Esc>ggO# é👍<Esc>GA  # end<Esc>3Gdd4G0xu")
    until("it has", neovim.server_has_our_text)


def test_the_model_process_is_killed(neovim, place):
    pid = neovim.report()["worker"]["pid"]
    os.kill(pid, signal.SIGKILL)
    until("another one", lambda: neovim.report()["worker"].get("pid") not in (pid, None))
    until("ready", lambda: neovim.status()["state"] == "ready")
    neovim.type(place.key)
    assert neovim.wait_for_ghost()


def test_plain_completion_for_popup_plugins(start_neovim, workspace, place):
    file = workspace / "settings.py"
    file.write_text(place.text + place.key + "\n")
    neovim = start_neovim("{ ghost_text = false }")
    neovim.open(file)
    neovim.type("GA")
    items = until("an item", lambda: neovim.lua(ASK_FOR_ITEMS))
    assert items[0]["detail"] == "slm-lsp"
    assert not neovim.ghost()


ASK_FOR_ITEMS = """
local client = require('slm_lsp').client()
local params = vim.lsp.util.make_position_params(0, client.offset_encoding)
local answers = vim.lsp.buf_request_sync(0, 'textDocument/completion', params, 5000)
local answer = answers and answers[client.id]
return answer and answer.result and answer.result.items or {}
"""


def test_two_repositories_share_a_server(start_neovim, tmp_path):
    """Each is a workspace folder of it, and each file gets the repository that it lies in."""
    neovim = start_neovim("{ settings = { context = { deadline_ms = 5000 } } }")
    for name in ("one", "two"):
        root = tmp_path / name
        (root / ".git").mkdir(parents=True)
        library = f"def to_{name}(price: float) -> int:\n    return int(price * 100)\n"
        (root / "library.py").write_text(library)
        file = root / "app.py"
        file.write_text(f"from library import to_{name}\n\n\nprint(to_{name}\n")
        neovim.type("<Esc>")
        neovim.open(file)
        n_folders = ("one", "two").index(name) + 1

        def read(n: int = n_folders) -> bool:
            states = [folder["state"] for folder in neovim.report()["folders"]]
            return states == ["ready"] * n

        until("every repository is read", read)
        neovim.type("GA(")
        told = until("an answer", lambda file=file: explained_for(neovim, file))
        libraries = [one["path"] for one in told["snippets"] if "library" in one["path"]]
        assert libraries == ["library.py"]
        assert f"def to_{name}" in "".join(part["text"] for part in told["prompt"])
    assert (
        len(neovim.lua("return vim.tbl_map(function(c) return c.id end, vim.lsp.get_clients())"))
        == 1
    )


def explained_for(neovim: Neovim, file: Path) -> dict[str, Any] | None:
    """The answer to `slm.explain` once it is about this file."""
    told = neovim.command("slm.explain")
    return told if told and told["uri"] == file.as_uri() and told["prompt"] else None


def test_reading_a_repository_shows_progress(start_neovim, workspace):
    """What statuslines show: `vim.lsp.status()` and the LspProgress autocommand."""
    for n in range(200):
        (workspace / f"file_{n}.py").write_text(f"def function_{n}(value):\n    return {n}\n")
    neovim = start_neovim()
    neovim.lua(
        """
        vim.g.seen = {}
        vim.api.nvim_create_autocmd('LspProgress', { callback = function(event)
          local value = event.data.params.value
          local seen = vim.g.seen
          table.insert(seen, { value.kind, value.title or '', value.message or '' })
          vim.g.seen = seen
        end })
        """
    )
    neovim.open(workspace / "file_1.py")

    def of_reading() -> list[list[str]]:
        seen = neovim.lua("return vim.g.seen")
        return [one for one in seen if "repository" in one[1] or one[2].endswith("200 files")]

    until("it begins", of_reading)
    assert of_reading()[0][:2] == ["begin", "slm-lsp: reading the repository"]

    def over() -> bool:
        # Neovim 0.10 adds the title that the bar began with.
        return any((one[0], one[2]) == ("end", "read") for one in neovim.lua("return vim.g.seen"))

    until("it ends", over)
