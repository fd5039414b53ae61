"""Neovim 0.12, which shows ghost text itself, and 0.10 with our fallback."""

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.editors.harness.evidence import Evidence
from tests.editors.harness.installed import editor, needs
from tests.editors.harness.places import Place
from tests.editors.harness.user import fresh_user
from tests.editors.harness.waiting import until

needs("pynvim")
from tests.editors.harness.neovim import Neovim  # noqa: E402 - pynvim may be missing

BINARIES = ("nvim", "nvim-old")


@pytest.fixture(params=BINARIES)
def start(request, home: Path, evidence: Evidence) -> Iterator:
    """Starts a Neovim of the test's own, with some options; ends it when the test does."""
    binary = editor(request.param)
    started = []

    def start(options: str = "{}") -> Neovim:
        neovim = Neovim(binary, home, evidence.server_log, options)
        evidence.on_failure(neovim.dump)
        started.append(neovim)
        return neovim

    yield start
    for neovim in started:
        neovim.close()


@pytest.fixture(scope="module", params=BINARIES)
def shared(request, tmp_path_factory) -> Iterator:
    """One Neovim, and one server, for all tests that leave both as they were."""
    binary = editor(request.param)
    home = tmp_path_factory.mktemp(request.param)
    with pytest.MonkeyPatch.context() as patch:
        fresh_user(home, patch)
        neovim = Neovim(binary, home, home / "server.jsonl")
    yield neovim
    neovim.close()


@pytest.fixture
def neovim(shared, workspace: Path, place: Place, evidence: Evidence):
    """Neovim in insert mode at the end of the place's text, before its key."""
    evidence.on_failure(shared.dump)
    file = workspace / "settings.py"
    file.write_text(place.text + "\n")
    shared.type("<Esc>")
    shared.api.command("silent! %bwipeout!")
    shared.open(file)
    shared.type("GA")
    return shared


def test_it_is_the_neovim_that_it_should_be(start, request):
    neovim = start()
    has_own = neovim.lua("return vim.lsp.inline_completion ~= nil")
    assert has_own == (request.node.callspec.params["start"] == "nvim")


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


def test_plain_completion_for_popup_plugins(start, workspace, place):
    file = workspace / "settings.py"
    file.write_text(place.text + place.key + "\n")
    neovim = start("{ ghost_text = false }")
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


def test_checkhealth_is_content(neovim):
    neovim.type("<Esc>")
    neovim.api.command("checkhealth slm_lsp")
    report = "\n".join(neovim.api.current.buffer[:])
    assert "ERROR" not in report and "WARN" not in report
    assert "The server is ready" in report


def test_checkhealth_names_the_cure(start):
    neovim = start("{}")
    neovim.lua("vim.lsp.config = { slm_lsp = { cmd = { '/nowhere/slm-lsp' } } }")
    neovim.api.command("checkhealth slm_lsp")
    report = "\n".join(neovim.api.current.buffer[:])
    assert "/nowhere/slm-lsp cannot be found" in report and "pipx install" in report


def test_explain_shows_the_prompt(neovim, place):
    neovim.type(place.key)
    neovim.wait_for_ghost()
    neovim.type("<Esc>")
    neovim.api.command("SlmLsp explain")
    shown = until(
        "the report",
        lambda: neovim.api.current.buffer.name.endswith("explain") and neovim.text,
    )
    # Of a word that is begun, the model is not told.
    assert re.sub(r"\s*\w*$", "", place.text) in shown


def test_the_statusline_names_the_state(neovim):
    until(
        "the state", lambda: neovim.lua("return require('slm_lsp').statusline()").startswith("slm")
    )


def report_shown(neovim: Neovim, name: str) -> str:
    def shown() -> str:
        return neovim.api.current.buffer.name.endswith(name) and neovim.text

    return until(f"the report {name}", shown)


def toggled(neovim: Neovim) -> None:
    assert not neovim.lua("return require('slm_lsp').ghost().is_enabled(0)")
    neovim.api.command("SlmLsp toggle")
    assert neovim.lua("return require('slm_lsp').ghost().is_enabled(0)")


def status_shown(neovim: Neovim) -> None:
    assert "predicted_tokens" in report_shown(neovim, "slm-lsp://status")


def explained(neovim: Neovim) -> None:
    assert "The prompt, to the letter:" in report_shown(neovim, "slm-lsp://explain")


def restarted(neovim: Neovim) -> None:
    said = "slm-lsp: the model was started afresh"
    until("it says so", lambda: said in neovim.api.command_output("messages"))


def log_shown(neovim: Neovim) -> None:
    assert neovim.api.current.buffer.name.endswith("lsp.log")


EFFECTS = {
    "toggle": toggled,
    "status": status_shown,
    "explain": explained,
    "restart": restarted,
    "log": log_shown,
}


def test_every_command_does_what_the_manual_says(neovim, place):
    commands = neovim.lua("return vim.tbl_keys(require('slm_lsp').commands)")
    assert set(EFFECTS) == set(commands)
    neovim.type(place.key)
    neovim.wait_for_ghost()
    neovim.type("<Esc>")
    (window,) = neovim.api.windows
    for command, effect in EFFECTS.items():
        neovim.api.current.window = window
        neovim.api.command(f"SlmLsp {command}")
        effect(neovim)
    neovim.api.command("tabclose")
    neovim.api.current.window = window
    neovim.api.command("only")
    until("the model is back", lambda: neovim.report()["state"] == "ready")


def test_a_command_that_does_not_exist_is_named(neovim):
    neovim.type("<Esc>")
    neovim.type(":SlmLsp fly<CR>")
    said = "no such command: fly"
    until("it is named", lambda: said in neovim.api.command_output("messages"))
    assert neovim.lua("return vim.fn.getcompletion('SlmLsp re', 'cmdline')") == ["restart"]


def test_two_repositories_share_a_server(start, tmp_path):
    """Each is a workspace folder of it, and each file gets the repository that it lies in."""
    neovim = start("{ settings = { context = { deadline_ms = 5000 } } }")
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


def test_reading_a_repository_shows_progress(start, workspace):
    """What statuslines show: `vim.lsp.status()` and the LspProgress autocommand."""
    for n in range(200):
        (workspace / f"file_{n}.py").write_text(f"def function_{n}(value):\n    return {n}\n")
    neovim = start()
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
