"""Open documents are remembered as they were before somebody changed them."""

from slm_context.gather import OpenText

from slm_lsp.workspace.history import MAX_CHARS, MAX_DOCUMENTS, History


def opened(path: str, text: str) -> OpenText:
    return OpenText(path, "python", text)


def test_what_was_changed_last_comes_first() -> None:
    history = History()
    history.with_before([opened("a.py", "1"), opened("b.py", "1"), opened("c.py", "1")])
    history.see("b.py", "2")
    history.see("a.py", "2")
    history.see("a.py", "3")
    found = history.with_before([opened("c.py", "1"), opened("b.py", "2"), opened("a.py", "3")])
    assert [(one.path, one.before) for one in found] == [
        ("a.py", "1"),
        ("b.py", "1"),
        ("c.py", None),
    ]


def test_what_was_undone_was_not_changed() -> None:
    history = History()
    for text in ("1", "2", "1"):
        history.see("a.py", text)
    assert history.with_before([opened("a.py", "1")])[0].before is None


def test_a_key_that_was_taken_out_stays_out() -> None:
    history = History()
    history.see("a.py", "key = 'AKIA" + "Q" * 16 + "'\n")
    assert history.with_before([opened("a.py", "key = read()\n")])[0].before is None


def test_what_is_kept_is_bounded() -> None:
    history = History()
    for n in range(MAX_DOCUMENTS + 10):
        history.see(f"{n}.py", "1")
    history.see("large.py", "x" * (MAX_CHARS + 1))
    assert len(history._seen) <= MAX_DOCUMENTS and "large.py" not in history._seen
    assert history.with_before([opened("0.py", "2")])[0].before is None
