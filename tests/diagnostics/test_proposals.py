"""Of what an instruct model says of a change, only what holds is shown."""

import json

import pytest
from slm_context.syntax import parse

from slm_lsp.diagnostics.advice import HINT_NATS
from slm_lsp.diagnostics.answers import GRAMMAR, Proposal, read
from slm_lsp.diagnostics.judge import Place
from slm_lsp.diagnostics.proposals import (
    MAX_CHARS,
    MAX_PARTS,
    edit_of,
    excerpt,
    parts,
    review,
)
from slm_lsp.diagnostics.review import Changed
from slm_lsp.diagnostics.types import Edit, Severity
from slm_lsp.errors import PromptTooLong, WorkerDied
from slm_lsp.inference.wire import Generate
from tests.support.bundled import Engine
from tests.support.fake_model import FakeModel
from tests.support.fixed_judge import Fixed

TEXT = """def area(width, height):
    return width * height


def grow(width, height):
    if width > 0:
        width = width + 1
    return area(width, width)
"""
NEW = frozenset({4, 5, 6, 7})
CHANGE = Changed(Place("a.py", "python", TEXT), NEW)
GOOD = Proposal("(width, width)", "(width, height)", "The height is ignored.")


def said(*proposals: Proposal) -> str:
    keys = ("quote", "replacement", "problem")
    return json.dumps([{key: getattr(one, key) for key in keys} for one in proposals])


async def reviewed(answer: str, ratio: float = HINT_NATS + 1) -> list[tuple[str, str]]:
    """The fixed text and the message of each proposal that is shown."""
    model = FakeModel()
    model.enqueue(answer)
    found = await review([CHANGE], model, Fixed(ratio))
    assert all(one.finding.severity is Severity.HINT for one in found)
    assert all(one.finding.rule == "review" for one in found)
    return [(one.finding.fixes[0].edit.apply(one.text), one.finding.message) for one in found]


async def test_a_proposal_that_holds_is_shown_with_its_reason() -> None:
    [(fixed, message)] = await reviewed(said(GOOD))
    assert fixed == TEXT.replace("(width, width)", "(width, height)")
    assert message == "The height is ignored. The model finds it about 20 times likelier."


@pytest.mark.parametrize(
    "wrong",
    [
        Proposal("area(height, width)", "area(width, height)", "It is swapped."),  # nowhere
        Proposal("width * height", "width + height", "It is a sum."),  # on an old line
        Proposal("width", "height", "It is the height."),  # on the new lines more than once
        Proposal("(width, width)", "(width, width)", "It is the same."),
        Proposal("(width, width)", "(width, width", "It does not parse."),
        Proposal("width > 0:\n", "width > 1:\n    ", "More than a line."),
        Proposal("    return", "  return", "It no longer compiles."),
        Proposal("", "x", "Nothing is quoted."),
        Proposal("(width, width)", "(width, height)", " "),
    ],
    ids=lambda one: one.problem,
)
async def test_what_does_not_hold_is_never_shown(wrong: Proposal) -> None:
    assert await reviewed(said(wrong)) == []
    assert len(await reviewed(said(wrong, GOOD))) == 1


async def test_the_likelihood_has_to_agree() -> None:
    assert await reviewed(said(GOOD), HINT_NATS - 0.1) == []


async def test_a_part_that_does_not_fit_is_left_out_and_named(
    caplog: pytest.LogCaptureFixture,
) -> None:
    model = FakeModel()
    model.enqueue_failure(PromptTooLong(5_000, 4_096))
    model.enqueue(said(GOOD))
    found = await review([CHANGE, CHANGE], model, Fixed(HINT_NATS + 1))
    assert len(found) == 1 and "a.py:5-8 is left out of the review" in caplog.text


@pytest.mark.parametrize(
    "answer",
    [
        *("", "[]", "[", "{", "{}", "null", "No bugs!", '{"quote": 1}', '[{"quote": "a"}]'),
        '[{"quote": 1, "replacement": 2, "problem": 3}]',
        '[{"quote": null, "replacement": "b", "problem": "c"}]',
        '[["quote", "replacement", "problem"]]',
        "[" * 100_000,
        '{"quote": ' * 3_000,
    ],
    ids=lambda one: one[:40],
)
async def test_an_answer_without_proposals_is_one(answer: str) -> None:
    assert await reviewed(answer) == []


@pytest.mark.parametrize("second", ["{x}", "a { b", "}", "\\", '"'])
def test_of_an_answer_that_was_cut_off_what_is_whole_counts(second: str) -> None:
    whole = said(GOOD, Proposal(second, second * 2, second * 3))
    first = len(said(GOOD)) - 1
    assert len(read(whole)) == 2
    for end in range(first, len(whole) - 2):
        assert read(whole[:end]) == [GOOD]


def test_of_an_answer_in_another_form_what_is_in_form_counts() -> None:
    assert read(f'Here: [{{"quote": "a"}}, 3, {said(GOOD)[1:-1]}] I hope that this helps.') == [
        GOOD
    ]
    assert read(f"```json\n{json.dumps(json.loads(said(GOOD)), indent=2)}\n```") == [GOOD]


async def test_a_line_may_be_quoted_with_its_mark() -> None:
    marked = Proposal(
        "+     return area(width, width)",
        "+     return area(width, height)",
        "The height is ignored.",
    )
    assert await reviewed(said(marked)) == await reviewed(said(GOOD))
    assert await reviewed(said(Proposal("+ 1", "+ 2", "It grows by two."))) != []


def test_macros_that_a_grammar_stumbles_over_do_not_end_the_review() -> None:
    text = "struct A {\n  PROPERTY(int) a\n  B(c) d\n};\n\nint f(int a, int b) { return a - a; }\n"
    tree = parse(text, "cpp")
    assert tree is not None and tree.has_errors
    line = frozenset({5})
    fixed = edit_of(tree, line, Proposal("a - a", "a - b", "Always 0."))
    assert fixed is not None and "a - b" in fixed.apply(text)
    for wrong in ("a - ", "a - (b", "a - b)", "a b", "a - b; }"):
        assert edit_of(tree, line, Proposal("a - a", wrong, "Always 0.")) is None, wrong


async def test_a_file_that_does_not_compile_is_not_asked_about(
    caplog: pytest.LogCaptureFixture,
) -> None:
    model, broken = FakeModel(), Changed(Place("b.py", "python", "def f(:\n"), frozenset({0}))
    model.enqueue(said(GOOD))
    assert len(await review([broken, CHANGE], model, Fixed(HINT_NATS + 1))) == 1
    assert len(model.generated) == 1 and "b.py does not compile" in caplog.text


async def test_what_was_said_before_the_model_ended_counts(
    caplog: pytest.LogCaptureFixture,
) -> None:
    model = FakeModel()
    model.enqueue(said(GOOD))
    model.enqueue_failure()
    other = Changed(Place("b.py", "python", TEXT), NEW)
    assert len(await review([CHANGE, other, CHANGE], model, Fixed(HINT_NATS + 1))) == 1
    assert "the review ends before b.py:5-8: the fake model died" in caplog.text
    model.enqueue_failure()
    with pytest.raises(WorkerDied):
        await review([CHANGE, other], model, Fixed())


async def test_the_model_sees_the_new_lines_marked_and_nothing_far_away() -> None:
    model = FakeModel()
    model.enqueue("[]")
    await review([CHANGE], model, Fixed())
    [question] = model.generated
    roles, texts = zip(*question.chat, strict=True)
    assert roles == ("system", "user") and question.grammar and not question.segments
    assert "\n+     return area(width, width)\n" in texts[1] + "\n"
    assert "\n      return width * height\n" in texts[1]
    far = "x = 1\n" * 200
    assert excerpt(far, range(100, 101), frozenset({100})).count("\n") < 30
    wide = f"x = '{'a' * 500}'\n" * 200
    for part in parts(frozenset(range(200))):
        shown = excerpt(wide, part, frozenset(part))
        assert len(shown) <= MAX_CHARS and shown.count("+ ") == len(part)


def test_a_long_change_is_asked_about_in_parts() -> None:
    assert list(parts(frozenset())) == []
    assert list(parts(frozenset({3, 5, 400}))) == [range(3, 6), range(400, 401)]
    long = list(parts(frozenset(range(500))))
    assert sum(map(len, long)) == 500 and len(long) > 5


async def test_a_change_without_end_is_not_asked_about_for_ever_and_that_is_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    model, told = FakeModel(), list[tuple[str, int, int]]()
    text = "x = 1\n" * 10_000
    change = Changed(Place("a.py", "python", text), frozenset(range(10_000)))
    await review([change], model, Fixed(), on_part=lambda *part: told.append(part))
    assert len(model.generated) == MAX_PARTS and "of its 250 parts the first 20" in caplog.text
    assert told[1] == ("a.py:41-80", 2, MAX_PARTS) and len(told) == MAX_PARTS


def test_an_edit_is_of_one_line_of_a_text_that_parses() -> None:
    tree = parse("package a\n\nfunc f(a, b int) int {\n\treturn a - a\n}\n", "go")
    assert tree is not None
    assert edit_of(tree, frozenset({3}), Proposal("a - a", "a - b", "Always 0.")) == Edit(
        42, 47, "a - b"
    )
    assert edit_of(tree, frozenset({3}), Proposal("a - a", "a - (", "No.")) is None


@pytest.mark.model
def test_any_model_answers_in_the_form_that_is_asked_for() -> None:
    from tests.support.bundled import segments

    engine = Engine()
    for seed in range(3):
        question = Generate(
            1,
            segments("[{"),
            400,
            single_line=False,
            grammar=GRAMMAR,
            temperature=1.0,
            seed=seed,
        )
        [answer] = engine.ask(question)
        assert isinstance(json.loads(answer), list) or read(answer)
