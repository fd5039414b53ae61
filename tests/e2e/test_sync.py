"""What the server has is what the editor has, after any edits, in each encoding."""

import hashlib
import random

import pytest

from tests.e2e.conftest import OFF
from tests.support.editor import Editor, ServerError, at, shown_messages, span
from tests.support.typing_session import RandomEdit, position, random_edit, random_text

URI = "file:///project/notes.txt"


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def as_change(edit: RandomEdit) -> dict:
    return {"range": span(*edit.start, *edit.end), "text": edit.text}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
async def test_a_thousand_random_edits(raw: Editor, encoding: str) -> None:
    await raw.initialize(encodings=(encoding,), options=OFF)
    rng = random.Random(11)
    text = random_text(rng, 200)
    raw.open(URI, text, language="plaintext")
    n_edits = 0
    while n_edits < 1000:
        changes = []
        # Several changes in one message, each relative to the text after the one before it.
        for _ in range(rng.choice((1, 1, 1, 2, 5))):
            edit = random_edit(rng, text, encoding)
            changes.append(as_change(edit))
            text = edit.after
            n_edits += 1
        if len(text) > 3000:
            text = text[:500]
            changes.append({"text": text})
        raw.change(URI, *changes)
        if n_edits % 20 < len(changes):
            seen = (await raw.status(documents=True))["documents"][URI]
            assert seen["sha256"] == digest(text), f"after {n_edits} edits"
    seen = (await raw.status(documents=True))["documents"][URI]
    assert seen == {"version": raw._versions[URI], "sha256": digest(text)}


async def test_documents_are_opened_closed_and_opened_again(editor: Editor) -> None:
    editor.open(URI, "one", language="plaintext")
    editor.notify("textDocument/didClose", {"textDocument": {"uri": URI}})
    assert (await editor.status(documents=True))["documents"] == {}
    editor.open(URI, "two", language="plaintext")
    seen = (await editor.status(documents=True))["documents"][URI]
    assert seen == {"version": 1, "sha256": digest("two")}


@pytest.mark.parametrize(
    ("version", "change"),
    [
        (2, {"range": span(0, 0, 2**32 - 1, 2**32 - 1), "text": "two"}),  # above LSP's numbers
        (None, {"text": "two"}),
        (2, {"range": None}),
    ],
)
async def test_a_change_that_says_nothing_sure(
    editor: Editor, version: int | None, change: dict
) -> None:
    """A wrong mirror is worse than none: what it leads to stands in the wrong place."""
    editor.open(URI, "one", language="plaintext")
    document = {"uri": URI, "version": version}
    params = {"textDocument": document, "contentChanges": [change]}
    editor.notify("textDocument/didChange", params)
    assert (await editor.status(documents=True))["documents"] == {}
    editor.insert(URI, 0, 0, "x")  # the editor knows nothing of it
    editor.open(URI, "three", language="plaintext")
    seen = (await editor.status(documents=True))["documents"][URI]
    assert seen == {"version": 1, "sha256": digest("three")}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
async def test_a_random_session_with_a_real_model(raw: Editor, encoding: str) -> None:
    """Documents come and go, questions are asked, cancelled and accepted, all in any order."""
    await raw.initialize(encodings=(encoding,))
    await raw.ready()
    rng = random.Random(encoding)
    texts: dict[str, str] = {}
    asked: list[int | str] = []
    for _ in range(300):
        uri = f"file:///project/file_{rng.randrange(4)}.py"
        action = rng.choice(("edit", "edit", "edit", "ask", "ask", "popup", "cancel", "close"))
        if uri not in texts:
            texts[uri] = random_text(rng, 60)
            raw.open(uri, texts[uri])
        elif action == "edit":
            edit = random_edit(rng, texts[uri], encoding)
            texts[uri] = edit.after
            raw.change(uri, as_change(edit))
        elif action == "close" and rng.random() < 0.3:
            del texts[uri]
            raw.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
        elif action == "cancel" and asked:
            raw.notify("$/cancelRequest", {"id": rng.choice(asked)})
        elif action == "popup":
            where = position(texts[uri], rng.randint(0, len(texts[uri])), encoding)
            asked.append(raw.ask("textDocument/completion", at(uri, *where)))
        else:
            where = position(texts[uri], rng.randint(0, len(texts[uri])), encoding)
            asked.append(raw.ask_inline(uri, *where, by_hand=rng.random() < 0.5))
        if rng.random() < 0.05:
            await raw.status()  # lets the server come to rest now and then
    for id in asked:
        try:
            assert isinstance((await raw.answer(id))["items"], list)
        except ServerError as error:
            assert error.code == -32800
    status = await raw.status(documents=True)
    seen = {uri: found["sha256"] for uri, found in status["documents"].items()}
    assert seen == {uri: digest(text) for uri, text in texts.items()}
    assert status["worker"]["restarts"] == 0
    assert shown_messages(raw) == []
    assert "Error" not in raw.stderr and "error" not in raw.stderr, raw.stderr
