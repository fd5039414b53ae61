"""The table of what may go wrong is true: what it takes out is there, and so are the tests."""

import ast

import pytest

from tests.without import ROOT, Handling, handlings, seen

TABLE = handlings()


@pytest.mark.parametrize("one", TABLE, ids=lambda one: one.fault)
def test_what_is_taken_out_is_there(one: Handling) -> None:
    whole = (ROOT / one.file).read_text("utf-8")
    assert whole.count(one.out) == 1
    ast.parse(whole.replace(one.out, one.put_in))


@pytest.mark.parametrize("one", TABLE, ids=lambda one: one.fault)
def test_the_test_is_there(one: Handling) -> None:
    file, _, name = one.test.partition("::")
    source = (ROOT / file).read_text("utf-8")
    assert not name or f"def {name.partition('[')[0]}(" in source


def test_the_faults_have_names_of_their_own() -> None:
    assert len({one.fault for one in TABLE}) == len(TABLE)


@pytest.mark.parametrize("noted", seen().values(), ids=lambda noted: noted["fault"])
def test_what_was_seen_is_of_this_table(noted: dict[str, str]) -> None:
    """`python -m tests.without --write WORD` looks again, and notes it."""
    tests = {one.fault: one.test for one in TABLE}
    assert (noted["noticed"], noted["test"]) == ("yes", tests.get(noted["fault"]))
