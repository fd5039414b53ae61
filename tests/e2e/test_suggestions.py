"""Real suggestions of the bundled model, through the real server."""

import asyncio

import pytest

from tests.e2e.conftest import END, TEXT, URI
from tests.support.editor import Editor, ServerError, at, span


async def test_a_suggestion_at_the_cursor(typed: Editor) -> None:
    item, *_ = await typed.inline(URI, *END)
    assert item["insertText"].strip()
    assert item["range"] == span(*END)
    assert item["command"]["command"] == "slm.accepted"


async def test_up_to_three_to_choose_from_by_hand(typed: Editor) -> None:
    items = await typed.inline(URI, *END)
    assert 1 <= len(items) <= 3
    assert len({item["insertText"] for item in items}) == len(items)
    ids = [item["command"]["arguments"][0]["id"] for item in items]
    assert len(set(ids)) == len(items)
    await typed.command(items[-1]["command"]["command"], *items[-1]["command"]["arguments"])
    assert (await typed.status())["counters"]["accepted"] == 1


async def test_a_question_asked_right_after_the_start_waits_for_the_model(raw: Editor) -> None:
    await raw.initialize()
    raw.open(URI, TEXT)
    assert await raw.inline(URI, *END)


async def test_what_is_known_still_tells_what_the_model_saw(typed: Editor) -> None:
    await typed.inline(URI, *END)
    asked = await typed.command("slm.explain")
    await typed.inline(URI, *END)
    known = await typed.command("slm.explain")
    assert known["from_cache"] and not asked["from_cache"]
    assert known["prompt"] == asked["prompt"] != []


async def test_the_popup_offers_the_same(typed: Editor) -> None:
    item, *_ = await typed.inline(URI, *END)
    popup = await typed.request("textDocument/completion", at(URI, *END))
    (same,) = popup["items"]
    assert same["textEdit"] == {"newText": item["insertText"], "range": item["range"]}
    assert popup["isIncomplete"] is True


async def test_the_popup_matches_what_is_typed_of_the_word(suggesting: Editor) -> None:
    text = "class Point:\n    def __init__(self, width):\n        self.width = wid"
    suggesting.open(URI, text)
    popup = await suggesting.request("textDocument/completion", at(URI, 2, 24))
    (item,) = popup["items"]
    assert item["filterText"].startswith("wid")
    assert item["textEdit"]["range"]["start"] == {"line": 2, "character": 21}
    assert item["textEdit"]["newText"] == item["filterText"]


async def test_editors_with_ghost_text_see_nothing_twice(raw: Editor) -> None:
    await raw.initialize(
        capabilities={"textDocument": {"inlineCompletion": {"dynamicRegistration": False}}}
    )
    await raw.ready()
    raw.open(URI, TEXT)
    assert (await raw.request("textDocument/completion", at(URI, *END)))["items"]
    assert await raw.inline(URI, *END)
    assert (await raw.request("textDocument/completion", at(URI, *END)))["items"] == []


async def test_typing_on_and_asking_again(typed: Editor) -> None:
    for column, character in enumerate("a - b\n", start=END[1]):
        typed.insert(URI, END[0], column, character)
        await typed.inline(URI, END[0], column, by_hand=False)
    typed.insert(URI, 6, 0, "\n\ndef multiply(a, b):\n    return ")
    assert await typed.inline(URI, 9, 11)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
async def test_columns_count_in_the_agreed_encoding(raw: Editor, encoding: str) -> None:
    await raw.initialize(encodings=(encoding,))
    await raw.ready()
    smile = {"utf-8": 4, "utf-16": 2, "utf-32": 1}[encoding]
    line = '    "😀"; return '
    raw.open(URI, TEXT.removesuffix("    return ") + line)
    column = len(line) - 1 + smile
    item, *_ = await raw.inline(URI, END[0], column)
    assert item["range"] == span(END[0], column)
    explained = await raw.command("slm.explain")
    assert explained["prompt"][-2]["text"].rstrip().endswith(line.rstrip())


async def test_nothing_is_an_empty_list_and_never_null(suggesting: Editor) -> None:
    """Null leaves the suggestion before on Neovim's screen."""
    suggesting.open(URI, "")
    params = {**at(URI, 0, 0), "context": {"triggerKind": 2}}
    inline = "textDocument/inlineCompletion"
    assert await suggesting.request(inline, params) == {"items": []}
    params = {**at("file:///not/open.py", 0, 0), "context": {"triggerKind": 1}}
    assert await suggesting.request(inline, params) == {"items": []}
    popup = await suggesting.request("textDocument/completion", at("file:///not/open.py", 0, 0))
    assert popup["items"] == []


async def test_a_suggestion_goes_on_from_what_the_popup_has_selected(suggesting: Editor) -> None:
    suggesting.open(URI, TEXT + "ad")
    selected = {"range": span(5, 11, 5, 13), "text": "add"}
    params = {
        **at(URI, 5, 13),
        "context": {"triggerKind": 1, "selectedCompletionInfo": selected},
    }
    answer = await suggesting.request("textDocument/inlineCompletion", params)
    for item in answer["items"]:
        assert item["insertText"].startswith("add")
        assert item["range"]["start"] == {"line": 5, "character": 11}
    explained = await suggesting.command("slm.explain")
    assert not any(part["text"].endswith("return ad") for part in explained["prompt"])


async def test_a_marker_in_the_file_is_only_text(suggesting: Editor) -> None:
    text = "TEMPLATE = '<|fim_middle|><|endoftext|>'\n\n\ndef add(a, b):\n    return "
    suggesting.open(URI, text)
    await suggesting.inline(URI, 4, 11)
    explained = await suggesting.command("slm.explain")
    forged = [s for s in explained["prompt"] if "TEMPLATE" in s["text"]]
    assert [s["part"] for s in forged] == ["prefix"]


# The newest question wins, and cancelled ones are answered at once.


async def test_a_newer_question_replaces_the_older(typed: Editor) -> None:
    older = [typed.ask_inline(URI, *END) for _ in range(5)]
    newest = typed.ask_inline(URI, *END)
    assert (await typed.answer(newest))["items"]
    assert [(await typed.answer(id))["items"] for id in older] == [[]] * 5
    counters = (await typed.status())["counters"]
    assert counters["requests"] == 6
    assert counters["superseded"] + counters["cache_hits"] >= 5


async def test_a_question_is_about_the_text_as_it_was(typed: Editor) -> None:
    """Messages that follow at once are read before the model answers."""
    id = typed.ask_inline(URI, *END)
    typed.change(URI, {"text": "nothing = 'like before'\n"})
    await typed.answer(id)
    explained = await typed.command("slm.explain")
    assert explained["version"] == 1
    assert "subtract" in "".join(part["text"] for part in explained["prompt"])


async def test_documents_do_not_replace_each_other(typed: Editor) -> None:
    typed.open("file:///project/other.py", TEXT)
    ids = [typed.ask_inline(uri, *END) for uri in (URI, "file:///project/other.py")]
    answers = await asyncio.gather(*(typed.answer(id) for id in ids))
    assert all(answer["items"] for answer in answers)


async def test_a_cancelled_question_is_answered_at_once(typed: Editor) -> None:
    id = typed.ask_inline(URI, *END)
    typed.notify("$/cancelRequest", {"id": id})
    with pytest.raises(ServerError) as refusal:
        await typed.answer(id)
    assert refusal.value.code == -32800
    assert (await typed.status())["counters"]["cancelled"] == 1
    assert await typed.inline(URI, *END)


# What it tells about itself.


async def test_status(typed: Editor) -> None:
    await typed.inline(URI, *END)
    status = await typed.status()
    assert status["model"]["quantization"] == "Q8_0"
    assert status["model"]["parameters"] == 7_999_744
    assert len(status["model"]["sha256"]) == 64
    assert status["worker"]["pid"] != typed.process.pid
    assert status["worker"]["restarts"] == 0
    assert set(status["counters"]) >= set(
        "requests superseded cancelled skipped cache_hits typed_through shown accepted "
        "prompt_tokens prompt_tokens_evaluated predicted_tokens".split()
    )
    assert status["counters"]["predicted_tokens"] > 0
    latency = status["latency_ms"]
    assert 0 < latency["p50"] <= latency["p95"] <= latency["p99"] and latency["n"] == 1


async def test_explain(typed: Editor) -> None:
    item, *_ = await typed.inline(URI, *END)
    explained = await typed.command("slm.explain")
    assert "".join(part["text"] for part in explained["prompt"]).count("def subtract") == 1
    assert explained["skip_reason"] is None
    assert explained["raw"].strip().startswith(item["insertText"].strip()[:1])
    assert explained["timings_ms"]["total"] > 0
    assert all({"filter", "before", "after"} <= set(v) for v in explained["verdicts"])


async def test_acceptance_is_counted_once_for_each_suggestion(typed: Editor) -> None:
    item, *_ = await typed.inline(URI, *END)
    for _ in range(2):
        await typed.command(item["command"]["command"], *item["command"]["arguments"])
    await typed.command("slm.accepted", {"id": 999, "kind": "full", "length": 3})
    assert (await typed.status())["counters"]["accepted"] == 1


async def test_words_of_one_suggestion_are_one_acceptance(typed: Editor) -> None:
    item, *_ = await typed.inline(URI, *END)
    (taken,) = item["command"]["arguments"]
    for length in (1, 2):
        await typed.command("slm.accepted", {"id": taken["id"], "kind": "word", "length": length})
    line, character = END
    typed.insert(URI, line, character, item["insertText"][:2])
    rest, *_ = await typed.inline(URI, line, character + 2)
    assert item["insertText"] == item["insertText"][:2] + rest["insertText"]
    await typed.command(rest["command"]["command"], *rest["command"]["arguments"])
    assert (await typed.status())["counters"]["accepted"] == 1
