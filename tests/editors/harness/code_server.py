"""code-server, which serves a real VS Code to a browser; and the extension for it."""

import json
import os
import shutil
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.editors.harness.installed import ROOT, server
from tests.editors.harness.waiting import until

EXTENSION = ROOT / "editors" / "vscode"
# A busy machine takes its time to start a program of this size.
START_PATIENCE_S = 180
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
