"""Who is asked in the replay: the real server, llama.vim's strategy, and the open file's words."""

import asyncio
import hashlib
import re
from pathlib import Path
from typing import Protocol

from benchmarks.commits import Change
from benchmarks.llama_vim import LlamaVim
from tests.support.editor import Editor, span


class Suggests(Protocol):
    """One way to suggest. Lines and columns are what an editor would say."""

    async def open(self, change: Change, root: Path) -> None: ...

    def edit(self, first: int, last: int, text: str, lines: list[str]) -> None: ...

    def type(self, number: int, column: int, text: str) -> None: ...

    async def ask(self, lines: list[str], number: int, column: int) -> str: ...

    async def taken(self, length: int) -> None: ...

    async def done(self, lines: list[str]) -> None: ...


class Ours:
    """The real server, as an editor talks to it."""

    def __init__(self, editor: Editor, prefix_only: bool) -> None:
        self._editor = editor
        self._prefix_only = prefix_only
        self._root: Path | None = None
        self._uri = ""
        self._shown = 0

    async def open(self, change: Change, root: Path) -> None:
        if self._uri:
            self._editor.notify("textDocument/didClose", {"textDocument": {"uri": self._uri}})
        added = [{"uri": root.as_uri(), "name": change.commit}]
        removed = [{"uri": self._root.as_uri(), "name": ""}] if self._root else []
        event = {"event": {"added": added, "removed": removed}}
        self._editor.notify("workspace/didChangeWorkspaceFolders", event)
        self._root, self._uri = root, (root / change.path).as_uri()
        self._editor.open(self._uri, change.before)
        for _ in range(2_000):
            if (await self._editor.status())["workspace"]["state"] != "reading":
                return
            await asyncio.sleep(0.05)
        raise SystemExit(f"{root} is still being read")

    def edit(self, first: int, last: int, text: str, lines: list[str]) -> None:
        self._editor.change(self._uri, {"range": span(first, 0, last, 0), "text": text})

    def type(self, number: int, column: int, text: str) -> None:
        self._editor.insert(self._uri, number, column, text)

    async def ask(self, lines: list[str], number: int, column: int) -> str:
        uri = self._uri
        if self._prefix_only:
            uri = f"{uri}.prefix.py"
            self._editor.open(uri, "\n".join(lines[: number + 1]))
        items = await self._editor.inline(uri, number, column, by_hand=False)
        if self._prefix_only:
            self._editor.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
        self._shown = items[0]["command"]["arguments"][0]["id"] if items else 0
        return items[0]["insertText"] if items else ""

    async def taken(self, length: int) -> None:
        told = {"id": self._shown, "kind": "line", "length": length}
        await self._editor.command("slm.accepted", told)

    async def done(self, lines: list[str]) -> None:
        self._editor.transcript.clear()
        status = await self._editor.status(documents=True)
        ours = hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()
        if status["documents"][self._uri]["sha256"] != ours:
            raise SystemExit(f"{self._uri}: the server has another text than the editor")


class Identifiers:
    """What every editor offers: the nearest earlier identifier with this beginning."""

    async def open(self, change: Change, root: Path) -> None: ...

    def edit(self, first: int, last: int, text: str, lines: list[str]) -> None: ...

    def type(self, number: int, column: int, text: str) -> None: ...

    async def taken(self, length: int) -> None: ...

    async def done(self, lines: list[str]) -> None: ...

    async def ask(self, lines: list[str], number: int, column: int) -> str:
        begun = re.search(r"\w{2,}\Z", lines[number])
        if begun is None:
            return ""
        for line in reversed(lines[:number]):
            for word in re.findall(r"\w+", line):
                if word.startswith(begun.group()) and word != begun.group():
                    return word[len(begun.group()) :]
        return ""


class Vim:
    """llama-server, asked in llama.vim's way; see `benchmarks/llama_vim.py`."""

    def __init__(self, plugin: LlamaVim) -> None:
        self._plugin = plugin

    async def open(self, change: Change, root: Path) -> None:
        await self._plugin.enter(change.before)

    def edit(self, first: int, last: int, text: str, lines: list[str]) -> None: ...

    def type(self, number: int, column: int, text: str) -> None: ...

    async def taken(self, length: int) -> None: ...

    async def done(self, lines: list[str]) -> None: ...

    async def ask(self, lines: list[str], number: int, column: int) -> str:
        before = "\n".join([*lines[:number], lines[number][:column]])
        after = "\n".join(["", *lines[number + 1 :]])
        return await self._plugin.suggest(before, after)
