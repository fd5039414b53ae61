"""Bringing the index up to date: only what has another content is parsed."""

import os
from pathlib import Path

import pytest
from slm_context.entries import IndexedFile
from slm_context.index import Index
from slm_context.tags import FileTags, tags_of

from slm_lsp.workspace import indexer
from slm_lsp.workspace.indexer import update, update_file
from slm_lsp.workspace.scan import Rules, scan
from tests.workspace.conftest import CODE


def test_only_what_changed_is_read(root: Path, tmp_path: Path) -> None:
    index, rules = Index(tmp_path / "i.sqlite"), Rules(root)
    assert update(index, rules) == (2, 0)
    assert update(index, rules) == (0, 0)
    (root / "app.py").unlink()
    (root / "new.py").write_text(CODE)
    assert update(index, rules) == (1, 1)
    update_file(index, rules, "gone.py")
    assert set(index.stamps()) == {"shop/money.py", "new.py"}


def test_a_name_that_is_not_utf_8_keeps_no_other_file_from_the_index(
    root: Path, tmp_path: Path
) -> None:
    index, rules, name = Index(tmp_path / "i.sqlite"), Rules(root), "caf\udce9.py"
    (root / name).write_text(CODE)
    assert update(index, rules) == (2, 0)
    update_file(index, rules, name)
    assert set(index.stamps()) == {"shop/money.py", "app.py"}


def test_a_touch_or_a_branch_left_and_entered_again_costs_no_parsing(
    root: Path, tmp_path: Path
) -> None:
    index, rules = Index(tmp_path / "i.sqlite"), Rules(root)
    update(index, rules)
    parsed: list[str] = []

    def parse(content: bytes, language: str) -> FileTags:
        parsed.append(content.decode())
        return tags_of(content, language)

    os.utime(root / "app.py", ns=(1, 1))
    update_file(index, rules, "app.py", parse)
    assert parsed == [] and index.stamps()["app.py"].mtime_ns == 1
    assert index.imports("app.py")
    os.utime(root / "shop" / "money.py", ns=(1, 1))
    assert update(index, rules) == (1, 0)
    assert index.stamps()["shop/money.py"].mtime_ns == 1 and index.definitions(["to_cents"])
    (root / "app.py").write_text("def other(): ...\n")
    update_file(index, rules, "app.py", parse)
    assert parsed == ["def other(): ...\n"] and index.definitions(["other"])


def test_many_files_are_read_by_several_processes(tmp_path: Path) -> None:
    root = tmp_path / "many"
    root.mkdir()
    for n in range(450):
        (root / f"m{n}.py").write_text(f"def name_{n}(): ...\n")
    index = Index(tmp_path / "i.sqlite")
    assert update(index, Rules(root), n_processes=2) == (450, 0)
    assert len(index.definitions([f"name_{n}" for n in range(450)])) == 450


@pytest.mark.slow
def test_a_warm_start_of_ten_thousand_files_opens_none_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "many"
    (tmp_path / "source.py").write_text(CODE)
    for folder in range(10):
        (root / f"f{folder}").mkdir(parents=True)
        for n in range(1_000):
            os.link(tmp_path / "source.py", root / f"f{folder}" / f"m{n}.py")
    index, rules = Index(tmp_path / "i.sqlite"), Rules(root)
    index.write(IndexedFile(one.path, one.language, one.stamp, FileTags()) for one in scan(rules))
    assert index.count() == (10_000, 0)
    monkeypatch.setattr(indexer, "read_source", lambda path: pytest.fail(f"{path} was opened"))
    assert update(index, rules) == (0, 0)


def test_a_file_that_cannot_be_parsed_costs_only_itself(root: Path, tmp_path: Path) -> None:
    index, rules = Index(tmp_path / "i.sqlite"), Rules(root)

    def parse(content: bytes, language: str) -> FileTags:
        raise RecursionError

    update_file(index, rules, "app.py", parse)
    update_file(index, rules, "shop/money.py")
    assert set(index.stamps()) == {"app.py", "shop/money.py"} and not index.outline("app.py")
    assert index.definitions(["to_cents"])
