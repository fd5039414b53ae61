"""Who is asked in the replay: the real server, plainer ways to ask the same model, and words."""

import asyncio
import hashlib
import re
from pathlib import Path
from typing import Protocol

from slm_context.cursor import DocumentContext
from slm_context.window import fit_window
from slm_prompts import render, template_for

from benchmarks.commits import Change
from benchmarks.llama_vim import LlamaVim
from slm_lsp.errors import PromptTooLong
from slm_lsp.inference.client import ModelClient
from slm_lsp.inference.wire import Chunk, Generate
from tests.support.editor import Editor, span


class Suggests(Protocol):
    """One way to suggest. Lines and columns are what an editor would say."""

    async def open(self, change: Change, root: Path) -> None: ...

    def edit(self, first: int, last: int, text: str, lines: list[str]) -> None: ...

    def type(self, number: int, column: int, text: str) -> None: ...

    async def ask(self, lines: list[str], number: int, column: int) -> str: ...

    async def taken(self, length: int) -> None: ...

    async def rest(self) -> None:
        """The person types on, or thinks: what was begun ahead may come to its end."""
        ...

    async def done(self, lines: list[str]) -> None: ...


class Plain:
    """Needs to be told of nothing besides the lines of a question."""

    async def open(self, change: Change, root: Path) -> None: ...

    def edit(self, first: int, last: int, text: str, lines: list[str]) -> None: ...

    def type(self, number: int, column: int, text: str) -> None: ...

    async def taken(self, length: int) -> None: ...

    async def rest(self) -> None: ...

    async def done(self, lines: list[str]) -> None: ...


class Ours:
    """The real server, as an editor talks to it; with `prefix_only`, of a file that ends here."""

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

    async def rest(self) -> None: ...

    async def done(self, lines: list[str]) -> None:
        self._editor.transcript.clear()
        status = await self._editor.status(documents=True)
        ours = hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()
        if status["documents"][self._uri]["sha256"] != ours:
            raise SystemExit(f"{self._uri}: the server has another text than the editor")


class Identifiers(Plain):
    """What every editor offers: the nearest earlier identifier with this beginning."""

    async def ask(self, lines: list[str], number: int, column: int) -> str:
        begun = re.search(r"\w{2,}\Z", lines[number])
        if begun is None:
            return ""
        for line in reversed(lines[:number]):
            for word in re.findall(r"\w+", line):
                if word.startswith(begun.group()) and word != begun.group():
                    return word[len(begun.group()) :]
        return ""


class PrefixOnly(Plain):
    """The same model behind a plain prompt: the text above, and the line that it writes."""

    N_PREDICT = 48
    CHARS_PER_TOKEN = 2.5

    def __init__(self, client: ModelClient) -> None:
        self._client = client
        self._path = ""

    async def open(self, change: Change, root: Path) -> None:
        self._path = change.path

    async def ask(self, lines: list[str], number: int, column: int) -> str:
        model = self._client.model
        assert model is not None, "it was started"
        template = template_for(model.name, model.fim_markers)
        assert template is not None
        text = "\n".join([*lines[:number], lines[number][:column]])
        room = int((model.n_ctx - self.N_PREDICT - 32) * self.CHARS_PER_TOKEN)
        document = DocumentContext(self._path, "python", text, len(text))
        window = fit_window(document, room)
        prompt = render(template, path=self._path, prefix=window.prefix, suffix="")
        segments = tuple((one.text, one.special) for one in prompt.segments)
        try:
            stream = self._client.generate(
                Generate(0, segments, self.N_PREDICT, stop=prompt.stop, single_line=True)
            )
            return "".join([one.text async for one in stream if isinstance(one, Chunk)])
        except PromptTooLong:
            return ""


class Vim(Plain):
    """llama-server, asked in llama.vim's way; see `benchmarks/llama_vim.py`."""

    def __init__(self, plugin: LlamaVim) -> None:
        self._plugin = plugin

    async def open(self, change: Change, root: Path) -> None:
        await self._plugin.enter(change.before)

    async def rest(self) -> None:
        await self._plugin.idle()

    async def ask(self, lines: list[str], number: int, column: int) -> str:
        before = "\n".join([*lines[:number], lines[number][:column]])
        after = "\n".join(["", *lines[number + 1 :]])
        return await self._plugin.suggest(before, after)
