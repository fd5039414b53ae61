"""Of whatever an instruct model writes in a review, what holds is shown and nothing else."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from slm_lsp.diagnostics.answers import GRAMMAR, MAX_TEXT, N_PREDICT
from slm_lsp.diagnostics.judge import Place
from slm_lsp.diagnostics.proposals import MAX_CHARS, N_CTX, SYSTEM, review
from slm_lsp.diagnostics.review import Changed
from tests.support.fake_model import FakeModel
from tests.support.fixed_judge import Fixed

CASES = tomllib.loads(Path(__file__).with_name("answers.toml").read_text("utf-8"))
# The lines before it were there before the change.
FIRST_NEW = 2
LIKELY = 5.0


@pytest.mark.parametrize("case", CASES["answers"], ids=lambda case: case["what"])
async def test_of_an_answer_what_holds_is_shown(case: dict[str, Any]) -> None:
    language = case.get("of", "python")
    text = CASES["texts"][language]
    lines = text.split("\n")
    model = FakeModel()
    model.enqueue(case["text"])
    new = frozenset(range(FIRST_NEW, len(lines) - 1))
    found = await review([Changed(Place("a", language, text), new)], model, Fixed(LIKELY))
    assert len(found) == ("fixed" in case)
    for one in found:
        fixed = one.finding.fixes[0].edit.apply(text).split("\n")
        assert [after for after in fixed if after not in lines] == [case["fixed"]]
        assert case.get("says", "The model finds") in one.finding.message


def test_an_answer_of_the_greatest_length_has_room() -> None:
    empty = json.dumps([{"quote": "", "replacement": "", "problem": ""}] * 3)
    n_chars = len(empty) + 3 * 3 * MAX_TEXT
    assert str(MAX_TEXT) in GRAMMAR and n_chars / 3 <= N_PREDICT
    assert (MAX_CHARS + len(SYSTEM)) / 3 + N_PREDICT < N_CTX
