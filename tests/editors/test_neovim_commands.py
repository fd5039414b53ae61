"""What Neovim tells of the server and asks of it: `:SlmLsp`, `:checkhealth`, the statusline."""

import re

from tests.editors.harness.installed import needs
from tests.editors.harness.waiting import until

needs("pynvim")
from tests.editors.harness.neovim import Neovim  # noqa: E402 - pynvim may be missing


def test_checkhealth_is_content(neovim):
    neovim.type("<Esc>")
    neovim.api.command("checkhealth slm_lsp")
    report = "\n".join(neovim.api.current.buffer[:])
    assert "ERROR" not in report and "WARN" not in report
    assert "The server is ready" in report


def test_checkhealth_names_the_cure(start_neovim):
    neovim = start_neovim("{}")
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
