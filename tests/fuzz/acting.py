"""One random session: what an editor may do next, and what has to hold after it."""

import asyncio
import hashlib
import random
from typing import Any

from slm_lsp.server import build_server
from tests.fuzz.client import PipedEditor
from tests.fuzz.reference import Mirror
from tests.support.typing_session import random_text

CANCELLED = -32800
LANGUAGES = (("py", "python"), ("js", "javascript"), ("rs", "rust"), ("txt", "plaintext"))
KEYS = "x=(.\n \"'):\t😀é"


class FuzzedSession:
    """One session; `run` raises AssertionError where something does not hold."""

    def __init__(self, seed: int | str) -> None:
        self.rng = random.Random(f"session {seed}")
        self.encoding = self.rng.choice(("utf-8", "utf-16", "utf-32"))
        self.mirrors: dict[str, Mirror] = {}
        self.asked: list[int] = []  # and not looked at yet
        self.editor = PipedEditor(build_server())

    async def run(self) -> None:
        await self.editor.start()
        try:
            await self._begin()
            for _ in range(self.rng.choice((5, 20, 40, 80))):
                await self._act()
            await self._settle()
            assert await self.editor.request("shutdown") is None
            assert await self.editor.exit() == 0
            assert self.editor.wrong == []
        finally:
            await self.editor.close()

    async def _begin(self) -> None:
        capabilities: dict[str, Any] = {"general": {"positionEncodings": [self.encoding]}}
        if self.rng.random() < 0.5:
            capabilities["textDocument"] = {"inlineCompletion": {}, "diagnostic": {}}
        params = {"processId": None, "rootUri": None, "capabilities": capabilities}
        options = {"completion": {"show_at_least_percent": self.rng.choice((0, 50))}}
        await self.editor.request("initialize", {**params, "initializationOptions": options})
        self.editor.notify("initialized", {})

    async def _act(self) -> None:
        actions = {
            self._edit: 8, self._type: 8, self._ask: 5, self._popup: 2, self._accept: 4,
            self._cancel: 2, self._close: 1, self._save: 1, self._diagnose: 1, self._fix: 1,
            self._configure: 0.3, self._check: 1, self._rest: 0.2, self._other: 0.5,
        }  # fmt: skip
        (action,) = self.rng.choices(list(actions), list(actions.values()))
        if not self.mirrors or (len(self.mirrors) < 4 and self.rng.random() < 0.1):
            return self._open()
        await action(self.rng.choice(list(self.mirrors.values())))

    def _open(self) -> None:
        ending, language = self.rng.choice(LANGUAGES)
        uri = f"file:///project/été {self.rng.randrange(9)}.{ending}"
        if uri not in self.mirrors:
            text = random_text(self.rng, self.rng.choice((0, 3, 60)))
            self.mirrors[uri] = Mirror(uri, text, self.encoding)
            document = {"uri": uri, "languageId": language, "version": 1, "text": text}
            self.editor.notify("textDocument/didOpen", {"textDocument": document})

    def _change(self, mirror: Mirror, changes: list[Any]) -> None:
        document = {"uri": mirror.uri, "version": mirror.version}
        params = {"textDocument": document, "contentChanges": changes}
        self.editor.notify("textDocument/didChange", params)

    async def _edit(self, mirror: Mirror) -> None:
        self._change(mirror, mirror.random_changes(self.rng))

    async def _type(self, mirror: Mirror) -> None:
        offset = mirror.random_offset(self.rng)
        for key in self.rng.choices(KEYS, k=self.rng.randint(1, 4)):
            self._change(mirror, mirror.typed(offset, key))
            offset += 1
            self._ask_inline(mirror, mirror.place(offset), by_hand=False)

    async def _ask(self, mirror: Mirror) -> None:
        place = mirror.place(mirror.random_offset(self.rng))
        self._ask_inline(mirror, place, by_hand=self.rng.random() < 0.5)

    def _ask_inline(self, mirror: Mirror, place: Any, by_hand: bool) -> int:
        params = {
            "textDocument": {"uri": mirror.uri},
            "position": place,
            "context": {"triggerKind": 1 if by_hand else 2},
        }
        self.asked.append(self.editor.ask("textDocument/inlineCompletion", params))
        return self.asked[-1]

    async def _popup(self, mirror: Mirror) -> None:
        place = mirror.place(mirror.random_offset(self.rng))
        params = {"textDocument": {"uri": mirror.uri}, "position": place}
        self.asked.append(self.editor.ask("textDocument/completion", params))

    async def _accept(self, mirror: Mirror) -> None:
        """Ask, and take one of the suggestions, whole."""
        place = mirror.place(mirror.random_offset(self.rng))
        response = await self.editor.answer(self._ask_inline(mirror, place, by_hand=True))
        items = response.get("result", {}).get("items", [])
        for item in items:
            found = item["range"]
            assert mirror.offset(found["start"]) <= mirror.offset(place), "behind the cursor"
            assert mirror.offset(place) <= mirror.offset(found["end"]), "before the cursor"
        if items:
            item = self.rng.choice(items)
            self._change(mirror, mirror.replaced(item["range"], item["insertText"]))
            command = item["command"]
            for _ in range(self.rng.choice((1, 1, 2))):
                self._command(command["command"], *command["arguments"])

    def _command(self, name: str, *arguments: Any) -> None:
        params = {"command": name, "arguments": list(arguments)}
        self.asked.append(self.editor.ask("workspace/executeCommand", params))

    async def _cancel(self, mirror: Mirror) -> None:
        if self.asked:
            self.editor.notify("$/cancelRequest", {"id": self.rng.choice(self.asked)})

    async def _close(self, mirror: Mirror) -> None:
        del self.mirrors[mirror.uri]
        self.editor.notify("textDocument/didClose", {"textDocument": {"uri": mirror.uri}})

    async def _save(self, mirror: Mirror) -> None:
        self.editor.notify("textDocument/didSave", {"textDocument": {"uri": mirror.uri}})

    async def _diagnose(self, mirror: Mirror) -> list[Any]:
        params = {"textDocument": {"uri": mirror.uri}}
        report = await self.editor.request("textDocument/diagnostic", params)
        for one in report.get("items", []):
            assert mirror.offset(one["range"]["start"]) <= mirror.offset(one["range"]["end"]), one
        return report.get("items", [])

    async def _fix(self, mirror: Mirror) -> None:
        """Ask for fixes, and do one."""
        found = await self._diagnose(mirror)
        whole = {"start": mirror.place(0), "end": mirror.place(len(mirror.text))}
        params = {
            "textDocument": {"uri": mirror.uri},
            "range": whole,
            "context": {"diagnostics": found},
        }
        actions = await self.editor.request("textDocument/codeAction", params)
        edits = [
            edit
            for action in actions
            for change in (action.get("edit") or {}).get("documentChanges") or ()
            for edit in change["edits"]
        ]
        if edits:
            edit = self.rng.choice(edits)
            self._change(mirror, mirror.replaced(edit["range"], edit["newText"]))

    async def _configure(self, mirror: Mirror) -> None:
        settings = {"completion": {"max_line_tokens": self.rng.randint(1, 60)}}
        self.editor.notify("workspace/didChangeConfiguration", {"settings": {"slm-lsp": settings}})

    async def _rest(self, mirror: Mirror) -> None:
        await asyncio.sleep(self.rng.choice((0.01, 0.1, 0.6)))

    async def _other(self, mirror: Mirror) -> None:
        self._command(self.rng.choice(("slm.explain", "slm.status", "slm.restart")))

    async def _check(self, mirror: Mirror) -> None:
        """The server has what the editor has."""
        params = {"command": "slm.status", "arguments": [{"documents": True}]}
        status = await self.editor.request("workspace/executeCommand", params)
        assert status["documents"] == {
            one.uri: {"version": one.version, "sha256": digest(one.text)}
            for one in self.mirrors.values()
        }

    async def _settle(self) -> None:
        """Everything that was asked is answered, with a result or since it was cancelled."""
        for id in self.asked:
            response = await self.editor.answer(id)
            if "error" in response:
                assert response["error"]["code"] == CANCELLED, response
        for mirror in list(self.mirrors.values())[:1]:
            await self._check(mirror)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
