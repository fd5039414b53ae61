"""Single-token fixes are found in a history, and nothing else is."""

import subprocess
from pathlib import Path

import pytest

from benchmarks.mine_fixes import differing_tokens, fixes, kind_of

BEFORE = (
    'def area(width, height):\n    half = width / 2\n    return half * width  # px\n\n\nX = "a"\n'
)


def commit(folder: Path, subject: str, **files: str) -> None:
    for name, text in files.items():
        (folder / name.replace("_py", ".py")).write_text(text)
    name = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", folder, "add", "-A"], check=True)
    subprocess.run(["git", "-C", folder, *name, "commit", "-qm", subject], check=True)


@pytest.fixture
def history(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    commit(tmp_path, "Begin", area_py=BEFORE)
    fixed = BEFORE.replace("half * width", "half * height")
    commit(tmp_path, "Fix the area", area_py=fixed)
    commit(tmp_path, "Fix the unit", area_py=fixed.replace("# px", "# em"))
    commit(tmp_path, "Faster", area_py=fixed.replace("/ 2", "* 2"))
    commit(tmp_path, "Fix two lines", area_py=BEFORE.replace("width", "w"))
    commit(
        tmp_path, "Fix a text outside", area_py=BEFORE.replace("width", "w").replace('"a"', '"b"')
    )
    return tmp_path


def test_the_one_fix_is_found(history: Path) -> None:
    [found] = fixes(history, "someone/something")
    assert (found.path, found.buggy_line, found.function_lines) == ("area.py", 3, 3)
    assert (found.kind, found.core) == ("name/var/infn", True)
    assert found.buggy_fixed == [("width", "height")]


def test_reserved_histories_are_not_read(history: Path) -> None:
    assert list(fixes(history, "Textualize/rich")) == []


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("if a < b:", "if a <= b:", "op"),
        ("f(b, a)", "f(a, b)", "swap"),
        ("if a and b:", "if a or b:", "boolop"),
        ("x = f(a, n=1)", "x = f(a, n=2)", "number"),
        ("return self.size", "return self.length", "name/attr"),
        ("return True", "return False", "literal"),
        ("f(a, size=3,", "f(a, length=3,", "name/kwarg"),
        ("log('a')", "log('b')", None),
    ],
)
def test_kinds(old: str, new: str, kind: str | None) -> None:
    differing = differing_tokens(old, new)
    assert differing and kind_of(differing, new) == kind


@pytest.mark.parametrize(
    ("old", "new"), [("f(a)", "f(a, b)"), ("f(a, b)", "g(a, c)"), ("f(a)", "f(a)  # b")]
)
def test_more_than_a_token_is_none(old: str, new: str) -> None:
    assert differing_tokens(old, new) == []
