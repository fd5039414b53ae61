"""Every complaint that users of other completers have, as bad outputs, and what is made of them."""

from collections import Counter
from pathlib import Path

import pytest
from slm_context.cursor import DocumentContext
from slm_context.languages import language_for
from slm_context.syntax import SyntaxTree, parse
from slm_prompts import templates

from slm_lsp.completion.postprocess import PIPELINE, InsertionPoint, postprocess
from slm_lsp.completion.types import CompletionMode
from tests.support.golden import GoldenCase, golden_cases
from tests.support.markup import inserted

FOLDER = Path(__file__).parent / "golden" / "postprocess"
CASES = list(golden_cases(FOLDER))


def surroundings(path: str, text: str, offset: int, mode: str = "line") -> InsertionPoint:
    language = language_for(path)
    document = DocumentContext(path, language, text, offset)
    tree = parse(text, language) if language else None
    return InsertionPoint(document, CompletionMode(mode), templates()["qwen-coder-v1"], tree)


def check(case: GoldenCase, update: bool) -> None:
    before, answer, after = inserted(case["text"])
    around = surroundings(case["path"], before + after, len(before), case.get("mode", "line"))
    draft, _ = postprocess(answer, around)
    shown = "" if draft is None else f"{before}├{draft.text}┤{after[draft.n_replaced :]}"
    case.compare(shown, update)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_bad_outputs(case: GoldenCase, request: pytest.FixtureRequest) -> None:
    check(case, request.config.getoption("--update-golden"))


def test_every_complaint_has_at_least_three_cases() -> None:
    few = {file: n for file, n in Counter(case.file.stem for case in CASES).items() if n < 3}
    assert few == {}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_is_shown_once_stays_as_it_is(case: GoldenCase) -> None:
    """A suggestion that went through the filters is not changed by them again."""
    before, answer, after = inserted(case["text"])
    around = surroundings(case["path"], before + after, len(before), case.get("mode", "line"))
    draft, _ = postprocess(answer, around)
    if draft is not None:
        again, verdicts = postprocess(draft.text, around)
        # Line ends are the file's own by now; that they are unified and matched again is no change.
        assert again == draft, verdicts


def test_the_verdicts_tell_what_each_filter_did() -> None:
    around = surroundings("a.py", "x = f(\n", 6)
    draft, verdicts = postprocess("1)<|endoftext|>def", around)
    assert draft is not None and draft.text == "1)"
    assert [(one.filter, one.after) for one in verdicts] == [("cut_at_markers", "1)")]
    assert all(one.changed for one in verdicts)


def test_the_filter_that_dropped_a_suggestion_is_named() -> None:
    around = surroundings("a.py", "x = \n", 4)
    draft, verdicts = postprocess("   ", around)
    assert draft is None
    assert verdicts[-1].after is None


def test_filters_do_not_know_each_other() -> None:
    """Without any one of them, the others still run."""
    around = surroundings("a.py", "x = f(\n", 6)
    for left_out in set(PIPELINE):
        pipeline = [one for one in PIPELINE if one is not left_out]
        draft, _ = postprocess("1)", around, pipeline)
        assert draft is not None and draft.text == "1)"


def test_the_same_draft_is_parsed_once_in_one_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sources say the same, and what is cut from them is the same again; a parse costs 1 ms."""
    around = surroundings("a.py", "x = f(\ny = 1\n", 6)
    first = postprocess("1, )]", around)
    monkeypatch.setattr(SyntaxTree, "edited", lambda *_: pytest.fail("parsed again"))
    assert postprocess("1, )]", around) == first
