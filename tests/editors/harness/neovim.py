"""A real Neovim behind its own API, with our runtime path as its only configuration."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pynvim

from tests.editors.harness.installed import ROOT, server
from tests.editors.harness.waiting import until

RUNTIME = ROOT / "editors" / "neovim"
GHOST = """
local found = {}
for _, name in ipairs({ 'nvim.lsp.inline_completion', 'slm_lsp' }) do
  local namespace = vim.api.nvim_get_namespaces()[name]
  for _, mark in ipairs(namespace and vim.api.nvim_buf_get_extmarks(
    0, namespace, 0, -1, { details = true }) or {}) do
    local text = ''
    for _, chunk in ipairs(mark[4].virt_text or {}) do text = text .. chunk[1] end
    for _, line in ipairs(mark[4].virt_lines or {}) do
      text = text .. '\\n'
      for _, chunk in ipairs(line) do text = text .. chunk[1] end
    end
    table.insert(found, text)
  end
end
return table.concat(found, '\\n')
"""


class Neovim:
    """One Neovim process. `setup` is Lua, the argument of `require('slm_lsp').setup`."""

    def __init__(
        self,
        binary: Path,
        home: Path,
        server_log: Path,
        options: str = "{}",
        command: list[str] | None = None,
    ) -> None:
        init = home / "init.lua"
        command = command or [*server(), "serve", "--log-level", "debug"]
        command += ["--log-file", str(server_log)]
        init.write_text(
            "vim.o.swapfile = false\n"
            f"vim.opt.runtimepath:append({json.dumps(str(RUNTIME))})\n"
            f"local options = {options}\n"
            f"options.cmd = vim.json.decode({json.dumps(json.dumps(command))})\n"
            "require('slm_lsp').setup(options)\n"
        )
        self._attach(binary, init, server_log)

    @classmethod
    def with_init(cls, binary: Path, init: Path, server_log: Path) -> "Neovim":
        """One that somebody else's init file sets up."""
        neovim = cls.__new__(cls)
        neovim._attach(binary, init, server_log)
        return neovim

    def _attach(self, binary: Path, init: Path, server_log: Path) -> None:
        argv = [str(binary), "--embed", "--headless", "-n", "-u", str(init)]
        self.server_log = server_log
        self.api = pynvim.attach("child", argv=argv)

    def open(self, path: Path) -> None:
        """Open the file, and wait until the server is ready to complete it."""
        self.api.command(f"edit {path}")
        until("the server is ready", lambda: self.status().get("state") == "ready")

    def lua(self, code: str, *arguments: Any) -> Any:
        return self.api.exec_lua(code, *arguments)

    def status(self) -> dict[str, Any]:
        return self.lua("return require('slm_lsp').status() or vim.empty_dict()")

    def report(self, **options: Any) -> dict[str, Any]:
        """The answer to `slm.status`."""
        return self.command("slm.status", *([options] if options else []))

    def command(self, name: str, *arguments: dict[str, Any]) -> Any:
        """The answer to one of the server's commands."""
        return self.lua(
            """
            local client = require('slm_lsp').client()
            local name = ...
            local params = { command = name, arguments = { select(2, ...) } }
            local ask = vim.fn.has('nvim-0.11') == 1 and function(...)
              return client:request_sync(...)
            end or client.request_sync
            return ask('workspace/executeCommand', params, 10000, 0).result
            """,
            name,
            *arguments,
        )

    def type(self, keys: str) -> None:
        self.api.input(keys)

    def ghost(self) -> str:
        return self.lua(GHOST)

    def wait_for_ghost(self) -> str:
        return until("ghost text", self.ghost)

    @property
    def line(self) -> str:
        """The cursor's line."""
        return self.api.current.line

    @property
    def text(self) -> str:
        ends = {"unix": "\n", "dos": "\r\n"}[self.api.current.buffer.options["fileformat"]]
        return ends.join(self.api.current.buffer[:]) + ends

    def screen(self) -> str:
        """What is drawn."""
        return self.lua(
            """
            vim.cmd('redraw')
            local rows = {}
            for row = 1, vim.o.lines do
              local cells = {}
              for column = 1, vim.o.columns do
                cells[column] = vim.fn.screenstring(row, column)
              end
              rows[row] = table.concat(cells):gsub('%s+$', '')
            end
            return table.concat(rows, '\\n')
            """
        )

    def server_has_our_text(self) -> bool:
        """Whether the server mirrors this buffer to the letter."""
        digest = hashlib.sha256(self.text.encode()).hexdigest()
        documents = self.report(documents=True)["documents"]
        uri = self.lua("return vim.uri_from_bufnr(0)")
        return documents[uri]["sha256"] == digest

    def dump(self, folder: Path) -> None:
        (folder / "screen.txt").write_text(self.screen())
        if self.server_log.exists() and self.server_log.parent != folder:
            (folder / "server.jsonl").write_text(self.server_log.read_text())
        (folder / "messages.txt").write_text(self.api.command_output("messages"))
        log = Path(
            self.lua(
                """
                local log = vim.lsp.log
                return log and log.get_filename and log.get_filename() or vim.lsp.get_log_path()
                """
            )
        )
        if log.exists():
            (folder / "nvim-lsp.log").write_text(log.read_text(errors="replace"))

    def close(self) -> None:
        try:
            self.api.command("qa!", async_=True)
        finally:
            self.api.close()
