"""Which workspace folder a document belongs to, and what that means for it."""

import os
import threading
import time
from pathlib import Path

import pytest
from pathspec import GitIgnoreSpec
from slm_context.cursor import DocumentContext

from slm_lsp.columns import Encoding
from slm_lsp.documents import Document
from slm_lsp.folders import Folder, Folders
from slm_lsp.patience import Patiently
from slm_lsp.surroundings import Surroundings
from slm_lsp.workspace.quoting import quotable
from slm_lsp.workspace.scan import below

WHILE_NOTHING_COMES_S, LONG_S = 0.01, 20.0


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """`app`, and `app/packages/core` inside of it, and `tools` beside it."""
    roots = [tmp_path / "app", tmp_path / "app" / "packages" / "core", tmp_path / "tools"]
    for root in roots:
        root.mkdir(parents=True)
    folders = Folders(lambda done, of: None)
    folders.begin(roots, None)
    return folders


def root_of(folders: Folders, path: Path) -> Path | None:
    return folders.of(path.as_uri()).root


def test_the_innermost_folder_has_it(folders: Folders, tmp_path: Path) -> None:
    app = tmp_path / "app"
    assert root_of(folders, app / "a.py") == app
    assert root_of(folders, app / "packages" / "other.py") == app
    assert root_of(folders, app / "packages" / "core" / "b.py") == app / "packages" / "core"
    assert root_of(folders, tmp_path / "application.py") is None
    assert folders.of("untitled:Untitled-1").root is None


def test_names_of_files_never_meet(folders: Folders, tmp_path: Path) -> None:
    app, core, tools, outside = folders
    inner = (tmp_path / "app" / "packages" / "core" / "b.py").as_uri()
    assert folders.name_for(core, inner) == "b.py"
    assert folders.name_for(app, inner) == "packages/core/b.py"
    assert folders.name_for(tools, inner) == "../core/b.py"
    elsewhere = (tmp_path / "secret-customer" / "b.py").as_uri()
    assert folders.name_for(app, elsewhere) == "../b.py"
    assert folders.name_for(outside, elsewhere) == "b.py"
    assert folders.name_for(app, "untitled:Untitled-1") == "Untitled-1"


def test_a_link_to_a_folder_or_to_its_file_is_no_other_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slm_lsp.folders.PATIENCE_S", LONG_S)
    real, link = tmp_path / "real", tmp_path / "link"
    (real / "app" / "core").mkdir(parents=True)
    link.symlink_to(real)
    (tmp_path / "a.py").symlink_to(real / "app" / "a.py")
    folders = Folders(lambda done, of: None)
    folders.begin([link / "app", link / "app" / "core"], None)
    app, core, outside = folders
    # As another server names a definition that it found.
    assert folders.of((real / "app" / "a.py").as_uri()) is app
    assert folders.of((real / "app" / "core" / "b.py").as_uri()) is core
    assert folders.name_for(core, (real / "app" / "core" / "b.py").as_uri()) == "b.py"
    assert folders.name_for(app, (tmp_path / "a.py").as_uri()) == "a.py"
    assert folders.as_opened(real / "app" / "a.py") == link / "app" / "a.py"
    assert folders.of((real / "apple" / "a.py").as_uri()) is outside
    folders.begin([real / "app"], None)
    assert folders.of((link / "app" / "a.py").as_uri()).root == real / "app"


def test_a_disk_that_never_answers_holds_nothing_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a hard mount of a network disk whose server is gone."""
    real, dead = tmp_path / "real", tmp_path / "dead"
    (real / "app").mkdir(parents=True)
    (tmp_path / "link").symlink_to(real)
    answers, realpath = threading.Event(), os.path.realpath

    def slow(path: Path, *, strict: bool = False) -> str:
        if Path(path).is_relative_to(dead) and not answers.wait(LONG_S):
            raise AssertionError("somebody waited for the disk")
        return realpath(path, strict=strict)

    monkeypatch.setattr(os.path, "realpath", slow)
    folders = Folders(lambda done, of: None)
    folders.begin([tmp_path / "link" / "app"], None)
    app, outside = folders
    began = time.monotonic()
    try:
        for number in range(50):
            uri = (dead / f"{number}.py").as_uri()
            assert folders.of(uri) is outside and folders.name_for(app, uri) == f"../{number}.py"
        assert time.monotonic() - began < LONG_S / 2
    finally:
        answers.set()
    # The answer counts when it is there, and then other files are asked about again.
    while folders._real_paths._waiting:
        time.sleep(0.001)
    folders._real_paths.patience_s = LONG_S
    assert folders.of((real / "app" / "a.py").as_uri()) is app


def test_another_disk_is_asked_while_one_does_not_answer(tmp_path: Path) -> None:
    answers, asked = threading.Event(), list[str]()

    def name(path: Path) -> str:
        asked.append(path.name)
        if path.name == "dead":
            answers.wait(LONG_S)
        return path.name

    patiently = Patiently(name, remembers=1, patience_s=WHILE_NOTHING_COMES_S)
    assert patiently.ask(tmp_path / "dead") is None
    patiently.patience_s = LONG_S
    assert patiently.ask(tmp_path / "dead") is None
    assert [patiently.ask(tmp_path / "a"), patiently.ask(tmp_path / "a")] == ["a", "a"]
    assert sorted(asked) == ["a", "dead"]
    answers.set()
    while patiently._waiting:
        time.sleep(0.001)
    assert patiently.ask(tmp_path / "b") == "b"
    assert patiently.ask(tmp_path / "a") == "a"
    assert sorted(asked) == ["a", "a", "b", "dead"]


CELL = "vscode-notebook-cell:{}/{}#W2sZmlsZQ%3D%3D"


def test_a_cell_belongs_where_its_notebook_lies(folders: Folders, tmp_path: Path) -> None:
    app, core, *_ = folders
    uri = CELL.format(tmp_path / "app" / "packages" / "core", "a%20b.ipynb")
    assert folders.of(uri) is core
    assert folders.name_for(core, uri) == "a b.ipynb#W2sZmlsZQ=="
    assert folders.name_for(app, uri) == "packages/core/a b.ipynb#W2sZmlsZQ=="
    assert folders.of("vscode-notebook-cell:Untitled-1.ipynb#W0").root is None


def test_a_draft_belongs_where_it_will_be_saved(folders: Folders, tmp_path: Path) -> None:
    app, *_ = folders
    uri = f"untitled:{tmp_path / 'app' / 'new.py'}"
    assert folders.of(uri) is app
    assert folders.name_for(app, uri) == "new.py"


def test_cells_are_quoted_by_the_rules_of_their_notebook(folders: Folders, tmp_path: Path) -> None:
    """As context of each other, and not where the notebook is kept from the model."""
    app, *_ = folders
    documents: dict[str, Document] = {}
    for notebook, cell in (("open.ipynb", "1"), ("open.ipynb", "2"), ("secret.ipynb", "3")):
        uri = f"vscode-notebook-cell:{tmp_path / 'app' / notebook}#{cell}"
        documents[uri] = Document(uri, "python", 1, f"cell = {cell}\n", Encoding.UTF16)
    around = Surroundings(documents, folders, lambda one: "python")
    asking = DocumentContext("open.ipynb#1", "python", "", 0)
    others, _ = around._known(app, asking)
    quoted = quotable(others, app.root, (), ("secret.*",))
    assert [one.path for one in quoted] == ["open.ipynb#2"]


def test_each_has_its_settings(folders: Folders, tmp_path: Path) -> None:
    folders.files_changed()
    assert not folders.files_changed()
    (tmp_path / "tools" / "slm-lsp.toml").write_text("[completion]\nmulti_line = false\n")
    assert folders.files_changed()
    folders.set_options({"slm-lsp": {"completion": {"n_candidates": 2}}})
    multi_line = [folder.settings.completion.multi_line for folder in folders]
    assert multi_line == [True, True, False, True]
    assert {folder.settings.completion.n_candidates for folder in folders} == {2}


def test_a_complaint_names_its_folder(folders: Folders, tmp_path: Path) -> None:
    (tmp_path / "tools" / "slm-lsp.toml").write_text("[completion]\nmulti_lines = false\n")
    folders.set_options({"slm-lsp": {"completion": {"candidates": 2}}})
    of_editor, of_tools = folders.complaints
    assert of_tools.startswith("in tools: slm-lsp.toml:2")
    assert "candidates" in of_editor and not of_editor.startswith("in ")


def test_folders_come_and_go(folders: Folders, tmp_path: Path) -> None:
    new, core = tmp_path / "new", tmp_path / "app" / "packages" / "core"
    new.mkdir()
    (gone,) = folders.move([new, new, tmp_path / "tools"], [core])
    assert gone.root == core
    assert folders.roots == [tmp_path / "app", tmp_path / "tools", new]
    assert root_of(folders, core / "b.py") == tmp_path / "app"
    folders.move([], folders.roots)
    assert folders.first.root is None


async def test_a_repository_is_read_again_only_by_other_rules(
    folders: Folders, tmp_path: Path
) -> None:
    def read() -> set[Path | None]:
        before = {folder: folder.workspace for folder in folders}
        folders.read()
        return {folder.root for folder in folders if folder.workspace is not before[folder]}

    async def close(which: Folder) -> None:
        await which.workspace.close()

    assert len(read()) == 4
    assert read() == set()
    core = tmp_path / "app" / "packages" / "core"
    (core / "slm-lsp.toml").write_text('[privacy]\nexclude = ["customers/"]\n')
    folders.set_options(None)
    assert read() == {core, tmp_path / "app"}, "the one around it reads these files, too"
    for folder in folders:
        await close(folder)


@pytest.mark.parametrize(
    ("pattern", "kept_out", "read"),
    [
        ("secret/", ["in/secret/a.py", "in/deep/secret/a.py"], ["secret/a.py", "in/secret.py"]),
        ("/secret.py", ["in/secret.py"], ["in/deep/secret.py", "secret.py"]),
        ("a/b.py", ["in/a/b.py"], ["in/deep/a/b.py", "a/b.py"]),
        ("*.sql", ["in/a.sql", "in/deep/a.sql"], ["a.sql"]),
    ],
)
def test_a_pattern_of_an_inner_folder(pattern: str, kept_out: list[str], read: list[str]) -> None:
    spec = GitIgnoreSpec.from_lines([below("in", pattern)])
    assert [path for path in kept_out if not spec.match_file(path)] == []
    assert [path for path in read if spec.match_file(path)] == []


def test_the_name_of_an_inner_folder_is_no_pattern() -> None:
    spec = GitIgnoreSpec.from_lines([below("[slug]*", "secret/")])
    assert spec.match_file("[slug]*/secret/a.py")
    assert not spec.match_file("slug/secret/a.py")
