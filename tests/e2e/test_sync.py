"""What the server has is what the editor has, after any edits, in each encoding."""

import hashlib
import random

import pytest

from tests.e2e.conftest import OFF
from tests.support.editor import Editor, span
from tests.support.typing_session import RandomEdit, random_edit, random_text

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
