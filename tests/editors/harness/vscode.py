"""A real VS Code: code-server, with Debian's Chromium in front of it."""

import json
import os
import shutil
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from playwright.sync_api import Browser, Locator, Page

from tests.editors.harness.installed import ROOT, server
from tests.editors.harness.waiting import until

EXTENSION = ROOT / "editors" / "vscode"
# A busy machine takes its time to start a program of this size.
START_PATIENCE_S = 180
GHOST = ".ghost-text-decoration, .ghost-text-decoration-preview, .suggest-preview-text"
SETTINGS = {
    "workbench.startupEditor": "none",
    "workbench.colorTheme": "Default Dark Modern",
    "telemetry.telemetryLevel": "off",
    "chat.commandCenter.enabled": False,
    "chat.disableAIFeatures": True,
    "editor.minimap.enabled": False,
    "editor.fontFamily": "DejaVu Sans Mono",
    "security.workspace.trust.enabled": False,
    "update.mode": "none",
    "window.titleBarStyle": "native",
}


class CodeServer:
    """One code-server for one fresh user."""

    def __init__(
        self,
        binary: Path,
        home: Path,
        settings: Mapping[str, Any],
        environment: Mapping[str, str],
        trust: bool = False,
    ) -> None:
        self.home = home
        # Whether VS Code asks which folders are trusted; otherwise all of them are.
        self.trust = trust
        self.data = home / "user-data"
        self.extensions = home / "extensions"
        self.binary = binary
        self.extensions.mkdir()
        # Settings of the scope "machine", such as the server's path, count only in Machine; in
        # User they are dropped as soon as the extension's settings are known.
        for scope in ("User", "Machine"):
            (self.data / scope).mkdir(parents=True)
            (self.data / scope / "settings.json").write_text(json.dumps({**SETTINGS, **settings}))
        self.port = free_port()
        self.environment = {**os.environ, **environment}
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def install(self, vsix: Path) -> None:
        """What `code --install-extension` does."""
        self._run("--install-extension", str(vsix))

    def _run(self, *arguments: str) -> None:
        subprocess.run(
            [str(self.binary), *self._folders(), *arguments],
            env=self.environment,
            check=True,
            capture_output=True,
            timeout=120,
        )

    def _folders(self) -> list[str]:
        return ["--extensions-dir", str(self.extensions), "--user-data-dir", str(self.data)]

    def start(self) -> None:
        log = (self.home / "code-server.log").open("wb")
        self.process = subprocess.Popen(
            [
                *(str(self.binary), *self._folders(), "--auth", "none"),
                *("--bind-addr", self.host, "--disable-telemetry", "--disable-update-check"),
                "--disable-getting-started-override",
                *([] if self.trust else ["--disable-workspace-trust"]),
                # Without it the test payloads of the address are silently ignored.
                *("--vscode-option", "enable-smoke-test-driver"),
            ],
            env=self.environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        until("code-server answers", self._healthy, START_PATIENCE_S)

    def _healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://{self.host}/healthz", timeout=1) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def address(self, folder: Path, payload: Iterable[tuple[str, str]] = ()) -> str:
        text = json.dumps([["skipWelcome", "true"], *map(list, payload)])
        kind = "workspace" if folder.is_file() else "folder"
        return f"http://{self.host}/?{kind}={quote(str(folder))}&payload={quote(text)}"

    def remote(self, path: Path) -> str:
        return f"vscode-remote://{self.host}{path}"

    def stop(self) -> None:
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(20)

    def logs(self) -> list[Path]:
        """Our output channel, and the extension host's own log."""
        logs = (self.data / "logs").rglob("*.log")
        return [path for path in logs if "slm-lsp" in path.name or "remoteexthost" in path.name]

    def copy_logs(self, folder: Path) -> None:
        for log in self.logs():
            name = "-".join(log.relative_to(self.data / "logs").parts)
            shutil.copy(log, folder / name)


class VsCode:
    """The page, with one file open."""

    def __init__(
        self,
        code: CodeServer,
        browser: Browser,
        folder: Path,
        file: Path,
        size: tuple[int, int] = (1280, 800),
        on_failure: Callable[[Callable[[Path], None]], None] = lambda dump: None,
    ) -> None:
        self.code = code
        self.file = file
        context = browser.new_context(viewport={"width": size[0], "height": size[1]})
        self.page: Page = context.new_page()
        self.page.set_default_timeout(90_000)
        on_failure(self.dump)  # from now on: what does not even open wants to be looked at most
        self.page.goto(code.address(folder, [("openFile", code.remote(file))]))
        self.page.wait_for_selector(".monaco-editor .view-lines")

    def reload(self) -> None:
        """Close the window and open it again, as the same person."""
        self.page.reload()
        self.page.wait_for_selector(".monaco-editor .view-lines")

    @property
    def status(self) -> Locator:
        return self.page.locator("[id='slm-lsp.slm-lsp.slm-lsp.status'] a")

    def status_text(self) -> str:
        label = self.status.get_attribute("aria-label") if self.status.count() else None
        return label or ""

    def wait_until_ready(self) -> None:
        until("the status bar says ready", lambda: "slm-lsp: ready" in self.status_text())

    def go_to_end(self) -> None:
        self.page.locator(".monaco-editor .view-lines").first.click()
        self.page.keyboard.press("Control+End")

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def ghost(self) -> str:
        """The suggestion on the screen, or ''."""
        texts = self.page.locator(GHOST).all_text_contents()
        return plain("".join(texts))

    def wait_for_ghost(self) -> str:
        return until("ghost text", self.ghost)

    def saved(self) -> str:
        """The document's text, by way of the disk."""
        self.press("Control+s")
        until("saved", lambda: not self.page.locator(".tab.active.dirty").count())
        return self.file.read_text()

    def command(self, title: str) -> None:
        """Run a command by its title in the palette."""
        self.press("F1")
        box = self.page.locator(".quick-input-widget input.input")
        box.wait_for()
        box.fill(f">{title}")
        row = self.page.locator(".quick-input-widget .monaco-list-row").first
        until(f"the command {title}", lambda: title in (row.get_attribute("aria-label") or ""))
        self.press("Enter")

    def install_from_menu(self, vsix: Path) -> None:
        """*Install from VSIX…*, in the menu of the view *Extensions*."""
        self.press("Control+Shift+X")
        entry = self.page.locator(".monaco-menu .action-item", has_text="Install from VSIX")

        def offered() -> bool:
            # The entry is there once VS Code knows where it can install something.
            self.press("Escape")
            self.page.locator(".part.sidebar a[aria-label^='Views and More']").click()
            self.page.locator(".monaco-menu .action-item").first.wait_for()
            return entry.count() > 0

        until("the entry Install from VSIX", offered)
        entry.click()
        box = self.page.locator(".quick-input-widget input.input")
        until("a folder to choose from", lambda: box.count() and box.input_value().endswith("/"))

        def chosen() -> bool:
            # While a folder is being read, keys are lost.
            if box.is_visible():
                box.fill(str(vsix))
                self.page.wait_for_timeout(500)
                self.press("Enter")
                self.page.wait_for_timeout(500)
            return not box.is_visible()

        until("the file is chosen", chosen)
        # That view takes the keys to itself whenever it has something to show.
        self.press("Control+Shift+E")

    def choices(self) -> list[str]:
        """What a list at the top of the window offers."""
        return self.page.locator(".quick-input-widget .monaco-list-row").all_text_contents()

    def choose(self, label: str) -> None:
        """Pick the entry of a list that has this label."""
        row = self.page.locator(".quick-input-widget .monaco-list-row", has_text=label).first
        row.click()

    def focus_file(self) -> None:
        """Back to the file, wherever the last command led."""
        self.press("Escape")
        self.page.locator(f".tab[data-resource-name='{self.file.name}']").first.click()
        self.page.locator(".editor-group-container.active .view-lines").first.click()

    def shown_text(self) -> str:
        """What the active editor shows of its text."""
        lines = self.page.locator(".editor-group-container.active .view-lines").first
        return plain(lines.text_content() if lines.count() else "")

    def panel_text(self) -> str:
        """What the panel below shows."""
        texts = self.page.locator(".part.panel .view-lines").all_text_contents()
        return plain(" ".join(texts))

    def tabs(self) -> str:
        return " ".join(self.page.locator(".tab").all_text_contents())

    def notifications(self) -> list[str]:
        return self.page.locator(".notification-list-item-message").all_text_contents()

    def messages(self) -> list[str]:
        """Also those that came while the window was still being drawn, and wait behind the bell."""
        if not self.notifications():
            self.command("Notifications: Show Notifications")
        return self.notifications()

    def dump(self, folder: Path) -> None:
        self.page.screenshot(path=folder / "screen.png")
        (folder / "notifications.txt").write_text("\n".join(self.notifications()))
        self.code.copy_logs(folder)

    def close(self) -> None:
        self.page.context.close()


def plain(text: str | None) -> str:
    """VS Code draws spaces as characters of their own."""
    return (text or "").replace("\u00a0", " ").replace("\u00b7", " ")


def build_extension() -> Path:
    """The .vsix, as a person would build it; again only when something in it has changed."""
    sources = [
        *(
            path
            for name in ("src", "walkthrough", "media")
            for path in (EXTENSION / name).iterdir()
        ),
        *(EXTENSION / name for name in ("package.json", "build.sh", "README.md")),
        *(path for name in ("slm_lsp", "context", "prompts") for path in (ROOT / name).rglob("*")),
    ]
    newest = max(path.stat().st_mtime for path in sources if "__pycache__" not in path.parts)
    built = [path for path in EXTENSION.glob("*.vsix") if path.stat().st_mtime > newest]
    if not built:
        done = subprocess.run(
            ["nice", "bash", str(EXTENSION / "build.sh")],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        built = sorted(EXTENSION.glob("*.vsix"), key=lambda path: path.stat().st_mtime)
    return built[-1]


def our_server() -> dict[str, Any]:
    """The setting by which VS Code starts the server under test."""
    return {"slm-lsp.path": server()[0], "slm-lsp.logLevel": "debug"}


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]
