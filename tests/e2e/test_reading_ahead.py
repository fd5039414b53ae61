"""The prompt is read while the person looks, and what they do comes before what they might do."""

import asyncio

from tests.support.editor import PATIENCE_S, Editor, Json, span

URI = "file:///project/shapes.py"
TEXT = "".join(
    f"def area_{n}(width, height):\n    return width * height + {n}\n\n\n" for n in range(20)
)
PAUSE_S = 0.02
END = (TEXT.count("\n"), 0)
# In the middle of the file, at the end of a line.
MIDDLE = (41, len(TEXT.split("\n")[41]))


async def work(editor: Editor) -> Json:
    return (await editor.status())["worker"]["work"]


async def read(editor: Editor, n_questions: int) -> Json:
    """Wait until so much was read ahead."""
    for _ in range(int(PATIENCE_S / PAUSE_S)):
        done = await work(editor)
        if done["questions"] >= n_questions:
            return done
        await asyncio.sleep(PAUSE_S)
    raise AssertionError(editor.story())


async def evaluated_by_asking(editor: Editor, place: tuple[int, int]) -> int:
    before = await work(editor)
    await editor.inline(URI, *place, by_hand=False)
    after = await work(editor)
    assert after["predicted_tokens"] > before["predicted_tokens"], "the model was asked"
    return after["evaluated_tokens"] - before["evaluated_tokens"]


def cursor_rests(editor: Editor, place: tuple[int, int]) -> None:
    """What VS Code and Emacs ask wherever the cursor comes to rest."""
    editor.ask(
        "textDocument/codeAction",
        {
            "textDocument": {"uri": URI},
            "range": span(*place),
            "context": {"diagnostics": [], "triggerKind": 2},
        },
    )


async def test_a_file_is_read_when_it_is_opened(suggesting: Editor) -> None:
    suggesting.open(URI, TEXT)
    done = await read(suggesting, 1)
    assert done["evaluated_tokens"] == done["prompt_tokens"] > 100
    assert done["predicted_tokens"] == 0
    assert await evaluated_by_asking(suggesting, END) <= 16


async def test_a_file_opened_before_the_model_was_there_is_read_too(raw: Editor) -> None:
    await raw.initialize()
    raw.open(URI, TEXT)
    await raw.ready()
    assert (await read(raw, 1))["prompt_tokens"] > 100


async def test_where_the_cursor_rests_is_read(suggesting: Editor) -> None:
    suggesting.open(URI, TEXT)
    await read(suggesting, 1)
    cursor_rests(suggesting, MIDDLE)
    done = await read(suggesting, 2)
    assert done["predicted_tokens"] == 0
    assert await evaluated_by_asking(suggesting, MIDDLE) <= 16


async def test_a_file_is_read_where_the_person_left_it(suggesting: Editor) -> None:
    suggesting.open(URI, TEXT)
    await suggesting.inline(URI, *MIDDLE, by_hand=False)
    suggesting.notify("textDocument/didClose", {"textDocument": {"uri": URI}})
    # Something else in between, so that the prompt is not there still.
    suggesting.open("file:///project/other.py", TEXT.replace("area", "volume"))
    before = (await read(suggesting, 1))["questions"]
    suggesting.open(URI, TEXT)
    await read(suggesting, before + 1)
    assert await evaluated_by_asking(suggesting, MIDDLE) <= 16


async def test_nothing_is_read_ahead_while_somebody_asks(suggesting: Editor) -> None:
    """Asked at once, the first question is the first thing that the model does."""
    suggesting.open(URI, TEXT)
    suggesting.insert(URI, *MIDDLE, "x")
    place = MIDDLE[0], MIDDLE[1] + 1
    await suggesting.inline(URI, *place, by_hand=False)
    # What comes after it may be read ahead by now; nothing was when it was asked.
    counts = (await suggesting.command("slm.explain"))["counts"]
    assert counts["prompt_tokens_evaluated"] == counts["prompt_tokens"] > 100
    assert counts["predicted_tokens"] > 0
