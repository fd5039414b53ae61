"""What scripts/pictures makes: pictures of the real editors, with nothing drawn by hand.

The keys are pressed, and the suggestions are what the bundled model says, with every suggestion
shown: at a place that it knows, or else where the tests find that it has something to say.
"""

import io
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# `tests` is no part of what is installed, and what drives the editors lies there.
sys.path.insert(0, str(ROOT))

import pytest  # noqa: E402 - after the path is set
from PIL import Image  # noqa: E402
from playwright.sync_api import Browser, sync_playwright  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.terminal_theme import TerminalTheme  # noqa: E402
from rich.text import Text  # noqa: E402

from tests.editors.harness.code_server import (  # noqa: E402
    CodeServer,
    build_extension,
    our_server,
)
from tests.editors.harness.installed import CACHE, editor  # noqa: E402
from tests.editors.harness.neovim import RUNTIME  # noqa: E402
from tests.editors.harness.places import HEAD, TEXTS, Place, first_place  # noqa: E402
from tests.editors.harness.terminal import Terminal  # noqa: E402
from tests.editors.harness.user import fresh_user  # noqa: E402
from tests.editors.harness.vscode import VsCode  # noqa: E402
from tests.editors.harness.waiting import until  # noqa: E402

PICTURES = ROOT / "docs" / "pictures"
LARGEST_TOGETHER = 500_000  # bytes: everybody who opens the page loads them
TYPED_BEFORE = 14  # characters of the place that the animation types
FRAME_MS, LAST_FRAME_MS = 160, 2500
SIZE, EXPLAIN_SIZE = (760, 420), (1100, 600)
LOOP = "    config = load_config(path)\n    for key, value in con"
KNOWN = HEAD + "def show(path):\n" + LOOP
# In another file: the model sees what is imported.
CALLER = "from settings import load_config\n\n\ndef main(path):\n" + LOOP
PLAIN = {
    # Words of the file in a popup, over the grey text.
    "editor.quickSuggestions": {"other": "off"},
    "workbench.activityBar.location": "hidden",
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    "workbench.layoutControl.enabled": False,
    "window.commandCenter": False,
    "breadcrumbs.enabled": False,
}
FONT = "font-family: 'DejaVu Sans Mono'; font-size: 14px; line-height: 1.25"
THEME = TerminalTheme(
    (20, 22, 27), (224, 226, 234), [(7, 8, 13)] * 8, [(79, 82, 88)] * 8
)  # Neovim's own colours come as RGB


def main() -> int:
    PICTURES.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as temporary,
        pytest.MonkeyPatch.context() as patch,
        sync_playwright() as playwright,
    ):
        folder = Path(temporary)
        project = folder / "project"
        (project / ".git").mkdir(parents=True)
        fresh_user(folder / "home", patch)
        place = first_place(folder, (KNOWN, *TEXTS))
        browser = playwright.chromium.launch(
            executable_path=CACHE / "bin" / "chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        take_vscode(folder / "vscode", project, place, browser)
        take_neovim(folder / "neovim", project, place, browser)
        browser.close()
    made = sorted(PICTURES.iterdir())
    for picture in made:
        print(f"{picture.relative_to(ROOT)}  {picture.stat().st_size:,} bytes")
    return 0 if sum(picture.stat().st_size for picture in made) <= LARGEST_TOGETHER else 1


def take_vscode(home: Path, project: Path, place: Place, browser: Browser) -> None:
    """An animation of typing into a suggestion and taking it, and the explain view."""
    file = project / "settings.py"
    file.write_text(place.text[:-TYPED_BEFORE])
    home.mkdir()
    code = CodeServer(editor("vscode"), home, {**our_server(), **PLAIN}, {})
    code.install(build_extension())
    code.start()
    try:
        vscode = VsCode(code, browser, project, file, SIZE)
        vscode.wait_until_ready()
        vscode.press("Control+b")  # the side bar goes
        vscode.go_to_end()
        frames = [shot(vscode)]
        for key in place.text[-TYPED_BEFORE:] + place.key:
            vscode.type(key)
            frames.append(shot(vscode))
        vscode.wait_for_ghost()
        frames += [shot(vscode)] * 8
        vscode.press("Tab")
        until("it is taken", lambda: not vscode.ghost())
        frames.append(shot(vscode))
        animate(frames, PICTURES / "vscode.gif")
        vscode.close()
        take_explain_view(code, project, browser)
    finally:
        code.stop()


def take_explain_view(code: CodeServer, project: Path, browser: Browser) -> None:
    """What the model saw, among it a definition from another file."""
    (project / "settings.py").write_text(HEAD)
    file = project / "app.py"
    file.write_text(CALLER[:-1])
    vscode = VsCode(code, browser, project, file, EXPLAIN_SIZE)
    vscode.wait_until_ready()
    vscode.press("Control+b")
    vscode.go_to_end()
    view = vscode.page.frame_locator("iframe.webview.ready").frame_locator("iframe")

    def explained() -> bool:
        vscode.press("Backspace")
        vscode.type(CALLER[-1])
        vscode.wait_for_ghost()
        vscode.command("slm-lsp: Explain Last Suggestion")
        view.locator("#prompt").wait_for()
        found = view.locator("#snippets").count() > 0
        vscode.focus_file()
        return found

    vscode.type(CALLER[-1])
    until("a snippet", explained)
    save(shot(vscode), PICTURES / "explain.png")
    vscode.close()


def shot(vscode: VsCode) -> Image.Image:
    return Image.open(io.BytesIO(vscode.page.screenshot(caret="initial"))).convert("RGB")


def animate(frames: list[Image.Image], path: Path) -> None:
    """A GIF of few colours; frames that look alike become one that stays longer."""
    palette = frames[-1].quantize(64)
    small = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    times = [FRAME_MS] * (len(small) - 1) + [LAST_FRAME_MS]
    small[0].save(
        path, save_all=True, append_images=small[1:], duration=times, loop=0, optimize=True
    )


def save(picture: Image.Image, path: Path) -> None:
    picture.quantize(96, dither=Image.Dither.NONE).save(path, optimize=True)


def take_neovim(home: Path, project: Path, place: Place, browser: Browser) -> None:
    """Neovim 0.12 in a terminal, with the two lines of the README."""
    (project / "settings.py").write_text(place.text + "\n")
    home.mkdir()
    init = home / "init.lua"
    init.write_text(
        "vim.o.termguicolors, vim.o.number = true, true\n"
        f"vim.opt.runtimepath:append([[{RUNTIME}]])\n"
        "require('slm_lsp').setup()\n"
        "vim.o.statusline = \"%f %m%=%{v:lua.require'slm_lsp'.statusline()} %l:%c\"\n"
    )
    command = [str(editor("nvim")), "-n", "-u", str(init), "settings.py"]
    terminal = Terminal(command, project, home, home / "server.jsonl", size=(86, 22))
    try:
        terminal.wait_for_the_server()
        terminal.type("GA" + place.key)
        until("ghost text", lambda: terminal.text_behind(place.line))
        page = browser.new_page(viewport={"width": 740, "height": 396})
        page.set_content(as_html(terminal.screen(colours=True)))
        save(Image.open(io.BytesIO(page.screenshot())).convert("RGB"), PICTURES / "neovim.png")
        page.close()
    finally:
        terminal.close()


def as_html(screen: str) -> str:
    """The terminal's screen, with its colours."""
    console = Console(record=True, width=86, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(screen), soft_wrap=True)
    page = f'<body style="margin: 10px; background: #14161b"><pre style="{FONT}">{{code}}</pre>'
    return console.export_html(theme=THEME, inline_styles=True, code_format=page)


if __name__ == "__main__":
    sys.exit(main())
