"""Nothing in the server grows with the number of documents and questions that there ever were.

Not a list of caches, which would miss the next one: a server is used like an editor uses it, with
hundreds of different documents, and then everything that can be reached from it is counted.
"""

import functools
import gc
import logging
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from slm_context import standing
from slm_context.remembered import Remembered, remembers

from slm_lsp import server, serving, suggestions, whereabouts
from slm_lsp.completion import kept_lines, sources
from slm_lsp.diagnostics import advice, dismissals
from slm_lsp.inference.work import Work
from slm_lsp.server import build_server
from tests.fuzz.client import PipedEditor
from tests.support.fake_model import FAKE_MODEL, FakeAnswer, FakeModel
from tests.support.held import Held, held_by

WARM_UP, MORE = 120, 240
# Things under way differ by a few from one moment to the next.
SOME = 12
QUESTIONS = 3

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="pipes as Linux has them")


class ForgetfulModel(FakeModel):
    """Answers each question with names of its own, and remembers none of them."""

    def _take(self, request: Any) -> Any:
        n = len(self.generated) + len(self.warmed) + self.n_forgotten
        self.enqueue_answer(FakeAnswer((f"compute_{n}(first_{n}, second_{n})",), -0.01))
        taken = super()._take(request)
        for told in (self.generated, self.warmed, self.scored, self.cancelled, self._cached):
            self.n_forgotten += len(told)
            told.clear()
        return taken

    n_forgotten = 0
    sandbox = "none: no process"
    work = Work()


@pytest.fixture
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bounds are those of the product, but a tenth, so that hundreds stand for thousands."""
    for module, name in (
        (suggestions, "MAX_REMEMBERED"),
        (kept_lines, "MAX_ENTRIES"),
        (sources, "MAX_ELSEWHERE"),
        (sources, "MAX_COUNTED"),
        (standing, "MAX_CHARS"),
        (advice, "MAX_REMEMBERED"),
        (dismissals, "MAX_SEEN"),
        (whereabouts, "MAX_PLACES"),
    ):
        monkeypatch.setattr(module, name, getattr(module, name) // 10)
    for one in gc.get_objects():
        if isinstance(one, Remembered):
            monkeypatch.setattr(one, "max_chars", one.max_chars // 10)


def text_of(n: int) -> str:
    """A file that is like no other."""
    return "".join(
        f"def function_{n}_{k}(first_{n}, second_{n}):\n"
        f"    value_{n}_{k} = first_{n} + {k * n}\n"
        f"    return value_{n}_{k} * second_{n}\n\n\n"
        for k in range(20)
    )


async def edit_one(editor: PipedEditor, n: int) -> None:
    """Open a document, type in it, ask, take a suggestion, look at findings, save and close."""
    uri = f"file:///project/package_{n % 7}/module_{n}.py"
    text = text_of(n)
    document = {"uri": uri, "languageId": "python", "version": 1, "text": text}
    editor.notify("textDocument/didOpen", {"textDocument": document})
    place = {"line": 2, "character": 11}
    for version in range(2, 2 + QUESTIONS):
        typed = {"range": {"start": place, "end": place}, "text": "x"}
        changes = {
            "textDocument": {"uri": uri, "version": version},
            "contentChanges": [typed],
        }
        editor.notify("textDocument/didChange", changes)
        place = {"line": 2, "character": place["character"] + 1}
        params = {
            "textDocument": {"uri": uri},
            "position": place,
            "context": {"triggerKind": 1},
        }
        found = await editor.request("textDocument/inlineCompletion", params)
        for item in found["items"][:1]:
            command = item["command"]
            await editor.request("workspace/executeCommand", command)
    await editor.request("textDocument/diagnostic", {"textDocument": {"uri": uri}})
    editor.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
    editor.notify("textDocument/didClose", {"textDocument": {"uri": uri}})


async def use(editor: PipedEditor, numbers: range) -> Held:
    for n in numbers:
        await edit_one(editor, n)
    await editor.request("workspace/executeCommand", {"command": "slm.status", "arguments": []})
    for kept in (editor.answers, editor.asked, editor.notifications):
        kept.clear()
    for handler in logging.getLogger().handlers:
        # pytest's own keep every line; on a busy machine there are lines.
        getattr(handler, "records", []).clear()
    gc.collect()
    return held_by(session=editor.server.session, protocol=editor.server.protocol)


@pytest.fixture
def fake_model(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    async def a_model(settings: Any) -> ForgetfulModel:
        return ForgetfulModel(replace(FAKE_MODEL, n_ctx=1024))

    monkeypatch.setattr(serving, "build_client", a_model)
    converter = functools.cache(server.default_converter)
    monkeypatch.setattr(server, "default_converter", converter)
    yield


@pytest.mark.usefixtures("small_limits", "fake_model")
async def test_nothing_grows_with_the_documents_that_there_ever_were() -> None:
    editor = PipedEditor(build_server())
    await editor.start()
    try:
        params = {"processId": None, "rootUri": "file:///project", "capabilities": {}}
        await editor.request("initialize", params)
        editor.notify("initialized", {})
        warm = await use(editor, range(WARM_UP))
        after = await use(editor, range(WARM_UP, WARM_UP + MORE))
        assert after.grown_since(warm, SOME) == {}
        assert after.n_chars < warm.n_chars * 1.05
    finally:
        await editor.close()


class Keeper:
    """Keeps what it should not, in all the ways that there are."""

    def __init__(self) -> None:
        self.plain: dict[int, str] = {}
        self.behind = functools.lru_cache(maxsize=None)(lambda n: f"text {n}")

        @remembers(max_chars=10**9)
        def inner(text: str) -> str:
            return text * 2

        self.inner = inner


@pytest.mark.parametrize("how", ["plain", "behind", "inner"])
def test_what_grows_is_found(how: str) -> None:
    keeper = Keeper()
    before = held_by(keeper=keeper)
    for n in range(50):
        match how:
            case "plain":
                keeper.plain[n] = "x"
            case "behind":
                keeper.behind(n)
            case _:
                keeper.inner(str(n))
    after = held_by(keeper=keeper)
    assert after.grown_since(before, SOME)
    assert after.n_chars > before.n_chars
