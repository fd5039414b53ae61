"""The small parts: where the prompt ends, how much fits, when it is enough, where one will be."""

import math
from dataclasses import replace

import pytest
from slm_context.expected import ExpectedName
from slm_context.syntax import parse

from slm_lsp.completion.budget import MIN_CHARS, PromptBudget
from slm_lsp.completion.confident import certainty_at
from slm_lsp.completion.following import documents_if_accepted
from slm_lsp.completion.healing import beginnings, healed
from slm_lsp.completion.stop import MAX_BLOCK_LINES, end_of_answer, ends_while_written
from slm_lsp.completion.types import Completion, CompletionMode, Token
from slm_lsp.inference.wire import Done, EndReason
from tests.support.fake_model import FAKE_MODEL
from tests.support.markup import document_at

# Healing.


@pytest.mark.parametrize(
    ("prefix", "shown", "heal"),
    [
        ("    retu", "   ", " retu"),
        ("x = first.sec", "x = first", ".sec"),
        ("add(fir", "add", "(fir"),
        ("x = ", "x = ", ""),
        ("x.", "x.", ""),
        ("", "", ""),
        ("retu", "", "retu"),
        ("a\nretu", "a\n", "retu"),
        ("a\r\nretu", "a\r\n", "retu"),
        ("größ", "", "größ"),
        ("x = " + "a" * 200, "x = " + "a" * 200, ""),
    ],
)
def test_half_a_word_is_taken_off_the_prompt(prefix: str, shown: str, heal: str) -> None:
    assert healed(prefix) == (shown, heal)


def test_the_prompt_stays_the_same_while_a_word_is_typed() -> None:
    assert len({healed("x = first"[: 5 + n])[0] for n in range(1, 5)}) == 1


@pytest.mark.parametrize(
    ("heal", "wanted"),
    [
        ("", ["add", "total"]),
        (".", [".add", ".total"]),
        (".to", [".total"]),
        ("to", ["total"]),
        (".To", []),
        ("(total", ["(total"]),
    ],
)
def test_names_that_may_come_begin_with_what_is_typed(heal: str, wanted: list[str]) -> None:
    names = (ExpectedName("add", 3.0), ExpectedName("total", 2.0))
    assert [text for text, _ in beginnings(names, heal)] == wanted


# Budget.


def done(n_prompt: int) -> Done:
    return Done(0, EndReason.END, n_prompt, 0, 0, 0, 0)


def test_the_window_and_the_deadline_bound_a_prompt() -> None:
    budget = PromptBudget()
    fast = replace(FAKE_MODEL, prefill_tokens_per_second=100_000.0)
    slow = replace(FAKE_MODEL, prefill_tokens_per_second=1_000.0)
    assert budget.n_chars(fast, 48, 250) == int((1024 - 48 - 32) * 2.5)
    assert budget.n_chars(slow, 48, 1000) == 1500
    assert budget.n_chars(slow, 48, 10) == int(256 * 2.5)
    tiny = replace(FAKE_MODEL, n_ctx=64)
    assert budget.n_chars(tiny, 48, 250) == MIN_CHARS


def test_the_budget_learns_and_then_stays() -> None:
    budget = PromptBudget()
    for _ in range(60):
        budget.learn(4000, done(1000))
    learnt = budget.n_chars(FAKE_MODEL, 48, 10_000)
    assert 1.3 < learnt / ((1024 - 48 - 32) * 2.5) < 1.53
    budget.learn(3950, done(1000))
    assert budget.n_chars(FAKE_MODEL, 48, 10_000) == learnt


def test_a_machine_that_others_keep_busy_gets_shorter_prompts() -> None:
    budget = PromptBudget()
    model = replace(FAKE_MODEL, prefill_tokens_per_second=4_000.0)
    at_ease = budget.n_chars(model, 48, 250)
    for _ in range(8):
        budget.learn(1000, replace(done(400), n_evaluated=400, prefill_ms=200.0))
    assert budget.n_chars(model, 48, 250) < at_ease / 1.5
    # A keystroke's few tokens say nothing of prefill's speed.
    short = budget.n_chars(model, 48, 250)
    budget.learn(1000, replace(done(400), n_evaluated=3, prefill_ms=30.0))
    assert budget.n_chars(model, 48, 250) == short


def test_small_prompts_teach_nothing_and_refused_ones_much() -> None:
    budget = PromptBudget()
    before = budget.n_chars(FAKE_MODEL, 48, 10_000)
    budget.learn(10, done(10))
    assert budget.n_chars(FAKE_MODEL, 48, 10_000) == before
    budget.too_long(before, 2000)
    assert budget.n_chars(FAKE_MODEL, 48, 10_000) < before * 0.6


# Enough.

LINE, BLOCK = CompletionMode.LINE, CompletionMode.BLOCK


@pytest.mark.parametrize(
    ("text", "marked", "mode", "kept"),
    [
        ("first", "x = █", LINE, None),
        ("first\nsecond", "x = █", LINE, "first"),
        ("first\r\nsecond", "x = █", LINE, "first"),
        ("\n    first\nsecond", "if x:█", LINE, "\n    first"),
        ("return w\n\ndef f", "def g():\n    █", BLOCK, "return w"),
        ("return w\n    ", "def g():\n    █", BLOCK, None),
        ("return w\n}", "func f() {\n\t█", BLOCK, "return w"),
        ("if w:\n        return w\n    return 1\nx", "def g():\n    █", BLOCK,
         "if w:\n        return w\n    return 1"),
    ],
)  # fmt: skip
def test_where_an_answer_ends(text: str, marked: str, mode: CompletionMode, kept) -> None:
    end = end_of_answer(text, document_at(marked), mode)
    assert (None if end is None else text[:end]) == kept


@pytest.mark.parametrize(
    ("text", "marked", "path", "kept"),
    [
        # Text of a string is no code, however it is indented.
        ("return `\nHello\n`;\n}\nf();", "function f() {\n  █\n}\n", "a.ts", "return `\nHello\n`;"),
        ('x = """\na\n"""\n    return x\ny', "def f():\n    █\n", "a.py",
         'x = """\na\n"""\n    return x'),
        # Nor are labels and directives the end of anything.
        ("goto done;\ndone:\n  return;\n}\nint x;", "void f() {\n  █\n}\n", "a.c",
         "goto done;\ndone:\n  return;"),
        # What goes with the statement around is not in this body.
        ("a()\nelse:\n    b()", "if x:\n    █\n", "a.py", "a()"),
        ("a()\nexcept E:\n    b()", "try:\n    █\nfinally:\n    c()\n", "a.py", "a()"),
        ("a();\nbreak;\ncase 2:\nb();", "switch (x) {\ncase 1:\n█\n}\n", "a.c", "a();\nbreak;"),
        # Closers are those of the file, also where they stand as deep as the code.
        ("return w\n\t}\n\tvar x int", "func f() int {\n\t█\n}\n", "a.go", "return w"),
        ("1,\n    2,\n    ]\n    x = 3", "values = [\n    █\n]\n", "a.py", "1,\n    2,"),
        ("a\n  end\n  b", "def f\n  █\nend\n", "a.rb", "a"),
        ("a()\n  end\n  b()", "function f()\n  █\nend\n", "a.lua", "a()"),
        # All of it belongs here.
        ("if w:\n        return w\n    return 1", "def g():\n    █\n", "a.py", None),
        ("x = 1\ny = 2", "█\n", "a.py", None),
        # Too broken to tell: the indentation decides.
        ("return (w\n\ndef f", "def g(:\n    █", "a.py", "return (w"),
    ],
)  # fmt: skip
def test_a_block_ends_with_the_scope_of_the_tree(text: str, marked: str, path: str, kept) -> None:
    document = document_at(marked, path)
    tree = parse(document.text, document.language or "")
    end = end_of_answer(text, document, BLOCK, tree)
    assert (None if end is None else text[:end]) == kept
    # While it is written, line by line, it is not ended any earlier.
    for n in range(len(kept or text)):
        assert not ends_while_written(text[:n], document, tree)


def test_blocks_have_a_longest_length() -> None:
    text = "\n".join(f"    x{n} = {n}" for n in range(40))[4:]
    end = end_of_answer(text, document_at("def f():\n    █"), BLOCK)
    assert end is not None and text[:end].count("\n") == MAX_BLOCK_LINES - 1


# Where one will be.


def after(marked: str, text: str, n_replaced: int = 0, path: str = "a.py") -> list[str]:
    found = documents_if_accepted(document_at(marked, path), Completion(text, (), n_replaced))
    return [f"{one.prefix}█{one.suffix}" for one in found]


def test_after_the_whole_suggestion_and_on_the_line_below_it() -> None:
    assert after("def f():\n    x = █\n", "1") == [
        "def f():\n    x = 1█\n",
        "def f():\n    x = 1\n    █\n",
    ]


def test_behind_an_opener_the_next_line_is_deeper() -> None:
    assert (
        after("func f() {\n\tif █\n}\n", "x {", path="a.go")[1]
        == "func f() {\n\tif x {\n\t\t█\n}\n"
    )
    assert after("for █", "x in y:")[1] == "for x in y:\n    █"


def test_closers_typed_ahead_stay_behind() -> None:
    assert after("x = f(█)\n", "1") == ["x = f(1█)\n", "x = f(1)\n█\n"]
    assert after("x = f(█)\n", "1)", 1) == ["x = f(1)█\n", "x = f(1)\n█\n"]


def test_with_code_after_the_cursor_nobody_begins_a_line() -> None:
    assert after("x = f(█ + 1)\n", "1") == ["x = f(1█ + 1)\n"]


def test_lines_end_as_the_file_does() -> None:
    assert after("a = 1\r\nx = █", "2")[1] == "a = 1\r\nx = 2\r\n█"


@pytest.mark.parametrize(
    ("text", "certain"),
    [
        ("if x {", [0.5, 0.5, 0.5, 0.5, 0.25, 0.25]),
        ("if x {\n}", [0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25]),
        ("if", [0.5, 0.5]),
        ("while", [1.0] * 5),
    ],
)
def test_closers_that_are_added_are_as_certain_as_what_they_close(
    text: str, certain: list[float]
) -> None:
    tokens = (Token("  if x", math.log(0.5)), Token(" {\n", math.log(0.5)))
    assert certainty_at(tokens, text) == pytest.approx(certain)


def test_a_blank_taken_from_before_a_new_line_leaves_its_certainty() -> None:
    tokens = (Token(" \n", math.log(0.5)), Token("    x", math.log(0.5)))
    assert certainty_at(tokens, "\n    x") == pytest.approx([0.5] + [0.25] * 5)
