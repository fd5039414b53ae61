"""What was written before behind the same words is suggested again, and nothing else is."""

import math
import random
from typing import Any

import pytest
from slm_context.cursor import DocumentContext
from slm_context.types import ContextBundle

from slm_lsp.completion import deciding, suggesting
from slm_lsp.completion.choosing import chosen_copy
from slm_lsp.completion.copying import REACH_ELSEWHERE, Copied, Copier
from slm_lsp.completion.counting import Corpus, behind, counted
from slm_lsp.completion.types import Precedent, Trigger
from tests.support.engine_world import World, with_completion
from tests.support.markup import document_at


def copied(marked: str, copier: Copier | None = None) -> Copied | None:
    return (copier or Copier()).suggest(document_at(marked))


@pytest.mark.parametrize(
    ("marked", "text"),
    [
        ("a = shape.width * 2\nb = shape.█\n", "width * 2"),
        ("b = shape.█\nc = shape.width\n", "width"),
        ("x = first_total + 1\ny = first_t█\n", "otal + 1"),
        ("if not name:\n    return None\nif not name:█\n", None),
        ("y = 2\n    total = 1\ny = 2\n    to█\n", "tal = 1"),
        ("call(first,  second)\ncall(█\n", "first,  second)"),
        ("x.call(first)\nx.ca█\n", "ll(first)"),
        ("x = 1\ny =█\n", " 1"),
        ("x = 1\ny = █\n", "1"),
        ("größe = 1\ngrö█\n", "ße = 1"),
        ("one = two\nthree = four\nfive.█\n", None),
        ("█\n", None),
        ("", None),
    ],
)
def test_what_followed_the_same_words(marked: str, text: str | None) -> None:
    found = copied(marked or "█")
    assert (found and found.text) == text


def test_the_longest_context_decides() -> None:
    text = "get(name, one)\nget(other, two)\nget(other, two)\nget(name, █\n"
    found = copied(text)
    assert found is not None and found.text == "one)"
    assert found.precedent == Precedent(n_context=4, n_times=1, in_file=True)


def test_of_like_contexts_the_usual_one() -> None:
    found = copied("x.one\nx.two\nx.two\ny = x.█\n")
    assert found is not None and found.text == "two"
    assert math.exp(found.tokens[0].logprob) == pytest.approx(2 / 3, abs=0.02)
    assert found.precedent == Precedent(n_context=2, n_times=2, in_file=True)


@pytest.mark.parametrize(
    ("marked", "others", "text"),
    [
        pytest.param("x.far\n" + "pass\n" * 900 + "x.near\ny = x.█\n", (), "near", id="nearer"),
        pytest.param("y = x.█\nz = x.near\n" + "pass\n" * 900 + "x.far\n", (), "near", id="below"),
        pytest.param("x.here\ny = x.█\n", ("x.other\n" * 3,), "here", id="in the file"),
        pytest.param("x.here\ny = x.█\n", ("x.other\n" * 30,), "other", id="elsewhere, often"),
        pytest.param("x.here\ny = x.█\n", ("y = x.other\n",), "other", id="a longer context"),
    ],
)
def test_near_places_count_for_more(marked: str, others: tuple[str, ...], text: str) -> None:
    copier = Copier()
    copier.look_also_in(others)
    found = copied(marked, copier)
    assert found is not None and found.text == text


async def test_it_ends_where_the_places_part() -> None:
    world = World(with_completion(show_at_least_percent=50))
    world.model.enqueue("other(")
    lines = "".join(f"    self.total = first_{n}(value)\n" for n in range(12))
    assert await world.ask(f"def f(self):\n{lines}    self.█\n") in ("total", "total =")


def test_where_the_places_go_on_all_differently_nothing_is_said() -> None:
    assert copied("".join(f"x.name_{n}\n" for n in range(12)) + "x.█\n") is None


def test_other_texts_go_on_where_the_file_does_not() -> None:
    copier = Copier()
    copier.look_also_in(["x.width.real"])
    found = copied("y = x.█\n", copier)
    assert found is not None and (found.text, found.precedent.in_file) == ("width.real", False)
    found = copied("x.depth\ny = x.█\n", copier)
    assert found is not None and (found.text, found.precedent.in_file) == ("depth", True)


async def test_what_a_neighbour_wrote_is_suggested_and_its_names_exist(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(deciding, "LEAST_COPIED", 0.0)  # whatever the weights make of it

    async def gather(document: DocumentContext) -> ContextBundle:
        return ContextBundle(beside=("basket.add_article(article)\n" * 3,))

    world = World(with_completion(show_at_least_percent=0), gather=gather)
    world.model.enqueue("nothing")
    # It is gathered before the model is asked, which says nothing at the second question.
    await world.ask("x = █\n")
    assert await world.ask("x = 1\nbasket.█\n") == "add_article(article)"
    told = world.engine.explain_last
    assert told is not None and told.copied and told.unknown_names == []


def test_of_other_files_the_beginning_is_counted_and_kept() -> None:
    text = f"one = width\n{'#' * REACH_ELSEWHERE}\ntwo + depth\n"
    copier = Copier()
    copier.look_also_in([text])
    assert copied("one = █", copier) is not None and copied("two + █", copier) is None
    assert counted(text[:REACH_ELSEWHERE]) is counted(text[:REACH_ELSEWHERE])


def test_what_was_read_line_by_line_is_what_is_read_at_once() -> None:
    """Typing through a file, jumping and deleting: the counts are always those of the text."""
    rng = random.Random(1)
    copier, lines = Copier(), ["x = 1"]
    for _ in range(200):
        line = "".join(rng.choices(["a", "b", ".", " = ", "(", ")", " "], k=6))
        where = len(lines) if rng.random() < 0.7 else rng.randrange(len(lines) + 1)
        if rng.random() < 0.2 and len(lines) > 3:
            del lines[rng.randrange(len(lines))]
            where = min(where, len(lines))
        above = "".join(f"{one}\n" for one in lines[:where])
        below = "".join(f"\n{one}" for one in lines[where:])
        document = DocumentContext("a.py", "python", above + line + below, len(above + line))
        assert copier.suggest(document) == Copier().suggest(document)
        lines.insert(where, line)


def test_a_corpus_grows_at_its_end() -> None:
    grown = Corpus("a b\n")
    grown.add("a c\n")
    both = grown, Corpus("a b\na c\n")
    for context in (["a"], ["\n", "a"], ["b", "\n"], ["x"]):
        (n, places), (n_whole, places_of_whole) = (behind([one], context, "") for one in both)
        assert (n, [at for _, at in places]) == (n_whole, [at for _, at in places_of_whole])


LIKE = "".join(f"        self.total_{n} = self.convert(value)\n" for n in range(6))


async def test_where_the_file_is_sure_the_model_is_not_asked() -> None:
    world = World(with_completion(show_at_least_percent=50))
    marked = f"class A:\n    def f(self):\n{LIKE}        self.total_9 = self.conv█\n"
    assert await world.ask(marked) == "ert(value)"
    assert world.model.generated == []
    told = world.engine.explain_last
    assert told is not None and told.copied and not told.from_cache
    assert world.statistics.counters.copied == 1
    # Who types along is answered with the rest.
    assert await world.ask(marked.replace("conv█", "conver█")) == "t(value)"
    assert world.statistics.counters.cache_hits == 1


async def test_who_asks_by_hand_asks_the_model_too() -> None:
    world = World(with_completion(show_at_least_percent=50))
    world.model.enqueue("ert_all(9)")
    marked = f"class A:\n    def f(self):\n{LIKE}        self.total_9 = self.conv█\n"
    assert await world.ask(marked, Trigger.INVOKED) == "ert_all(9)"


async def test_an_unsure_copy_leaves_the_word_to_the_model() -> None:
    world = World(with_completion(show_at_least_percent=0))
    world.model.enqueue("third")
    assert await world.ask("x = first\ny = second\nz = █\n") == "third"


@pytest.mark.parametrize(
    ("above", "n_asked_before"),
    [("first(one)\nfirst(one)\nfirst(one)\n", 0), ("first(one)\nfirst(two)\nfirst(three)\n", 1)],
    ids=["unanimous", "different"],
)
async def test_a_copy_is_judged_once_for_a_key(
    above: str, n_asked_before: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it may be sure before the model is asked, or else beside what the model wrote."""
    world = World(with_completion(show_at_least_percent=50))
    judged: list[int] = []

    def counted(copied: Copied, *more: Any) -> Any:
        judged.append(len(world.model.generated))
        return chosen_copy(copied, *more)

    monkeypatch.setattr(suggesting, "chosen_copy", counted)
    world.model.enqueue("two)<|endoftext|>")
    await world.ask(f"{above}first(█\n")
    assert judged == [n_asked_before]
    assert len(world.model.generated) == 1
