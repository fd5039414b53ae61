"""What `slm-lsp complete --explain` prints says what it is, also where there is nothing."""

from slm_context.expected import ExpectedName

from slm_lsp.commands.complete import told
from slm_lsp.completion.types import Explanation, Trigger, Verdict


def explanation() -> Explanation:
    return Explanation("file:///a.py", 1, Trigger.INVOKED)


def test_a_part_in_which_nothing_stands_says_so() -> None:
    lines = told(explanation()).splitlines()
    assert lines[1:] == [
        "prompt, 0 characters: the model was not asked",
        "snippets: none",
        "left out: nothing",
        "may come, likelier by so many nats: nothing is known",
        "raw: ''",
        "filters: changed nothing",
        "timings: ",
    ]


def test_numbers_have_a_name_and_a_unit() -> None:
    one = explanation()
    one.prompt = [{"part": "prefix", "text": "basket = Basket()\nbasket."}]
    one.snippets = [
        {"path": "b.py", "line": 3, "origin": "member", "score": 0.375, "reason": "of Basket"}
    ]
    one.expected = [str(ExpectedName("add_item", 5.8))]
    one.verdicts = [Verdict("trim", "add_item( ", "add_item("), Verdict("kept", "x", "x")]
    one.timings_ms = {"model": 12.0}
    assert told(one).splitlines()[1:] == [
        "prompt, 25 characters:",
        "  [prefix] 'basket = Basket()\\nbasket.'",
        "snippets:",
        "  b.py:3 (member, score 0.375): of Basket",
        "left out: nothing",
        "may come, likelier by so many nats:",
        "  add_item +5.8",
        "raw: ''",
        "filters:",
        "  trim: 'add_item('",
        "timings:",
        "  model 12.0 ms",
    ]


def test_an_answer_that_a_filter_dropped_is_called_so() -> None:
    one = explanation()
    one.verdicts = [Verdict("syntax", "x = (", None)]
    assert "  syntax: dropped" in told(one).splitlines()
