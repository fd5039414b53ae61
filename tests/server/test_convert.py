"""Between lsprotocol's types and ours."""

from collections import namedtuple
from pathlib import Path

import pytest
from lsprotocol import types

from slm_lsp import convert
from slm_lsp.columns import Encoding
from slm_lsp.completion.types import Completion, CompletionRequest, Trigger
from slm_lsp.paths import is_cell, path_of, windows_name
from slm_lsp.suggestions import Suggestion
from tests.support.markup import cursor


def suggestion(marked: str, text: str, n_replaced: int = 0) -> Suggestion:
    from slm_context.cursor import split_at_cursor

    whole, offset = cursor(marked)
    request = CompletionRequest("file:///a.py", 1, split_at_cursor(whole, offset), Trigger.INVOKED)
    return Suggestion.of(7, request, Completion(text, n_replaced=n_replaced))


def inline_params(line: int, character: int, selected=None) -> types.InlineCompletionParams:
    return types.InlineCompletionParams(
        types.InlineCompletionContext(types.InlineCompletionTriggerKind.Automatic, selected),
        types.TextDocumentIdentifier("file:///a.py"),
        types.Position(line, character),
    )


def a_range(line: int, start: int, end: int) -> types.Range:
    return types.Range(types.Position(line, start), types.Position(line, end))


def test_an_inline_item_starts_at_the_cursor() -> None:
    found = convert.inline_list(suggestion("x = █", "1"), inline_params(0, 4), Encoding.UTF16)
    (item,) = found.items
    assert (item.insert_text, item.range) == ("1", a_range(0, 4, 4))
    assert item.command is not None
    assert item.command.arguments == [{"id": 7, "kind": "full", "length": 1}]


@pytest.mark.parametrize(
    ("encoding", "end"), [(Encoding.UTF8, 7), (Encoding.UTF16, 5), (Encoding.UTF32, 4)]
)
def test_what_is_replaced_counts_in_the_editors_units(encoding: Encoding, end: int) -> None:
    found = convert.inline_list(suggestion("f(█😀)", "y😀)", 2), inline_params(0, 2), encoding)
    assert found.items[0].range == a_range(0, 2, end)


def test_an_inline_item_goes_on_from_the_popups_choice() -> None:
    selected = types.SelectedCompletionInfo(a_range(0, 4, 6), "add")
    params = inline_params(0, 6, selected)
    found = convert.inline_list(suggestion("x = add█", "(1)"), params, Encoding.UTF16)
    assert (found.items[0].insert_text, found.items[0].range) == ("add(1)", a_range(0, 4, 6))


def test_nothing_is_an_empty_list() -> None:
    assert convert.inline_list(None, inline_params(0, 0), Encoding.UTF16).items == []


@pytest.mark.parametrize(
    ("marked", "text", "new_text", "start"),
    [
        ("x = █", "1", "1", 4),
        ("x = ad█", "d(1)", "add(1)", 4),
        ("self.na█)", "me", "name", 5),
        ("'é😀x█", "yz", "xyz", 4),
    ],
)
def test_a_popup_item_replaces_the_word(marked: str, text: str, new_text: str, start: int) -> None:
    at = len(cursor(marked)[0][: cursor(marked)[1]].encode("utf-16-le")) // 2
    params = types.CompletionParams(
        types.TextDocumentIdentifier("file:///a.py"), types.Position(0, at)
    )
    (item,) = convert.popup_list(suggestion(marked, text), params, Encoding.UTF16).items
    assert isinstance(item.text_edit, types.TextEdit)
    assert item.text_edit == types.TextEdit(a_range(0, start, at), new_text)
    assert item.filter_text == new_text


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("  foo()", "foo()"),
        ("if x:\n    y", "if x:…"),
        ("if x:\r    y", "if x:…"),
        ("x" * 100, "x" * 60 + "…"),
        ("a\x0cb", "a\x0cb"),
    ],
)
def test_a_label_is_one_short_line(text: str, label: str) -> None:
    assert convert.label(text) == label


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file:///a/b.py", Path("/a/b.py")),
        ("file:///a%20b/%C3%A9.py", Path("/a b/é.py")),
        ("file:///a%00b", None),
        ("untitled:Untitled-1", None),
        ("vscode-notebook-cell:/a.ipynb#x", None),
        ("file://[", None),
        ("", None),
    ],
)
def test_the_file_of_a_uri(uri: str, path: Path | None) -> None:
    assert path_of(uri) == path


@pytest.mark.parametrize(
    ("uri", "cell"),
    [
        ("vscode-notebook-cell:/a.ipynb#x", True),
        ("vscode-notebook-cell:Untitled-1.ipynb?jupyter-notebook#x", True),
        ("vscode-notebook-cell://ssh-remote/a/b.unusual#x", True),
        ("file:///a/b.ipynb", True),  # JupyterLab joins the cells and calls them so
        ("file:///a/b.py", False),
        ("untitled:Untitled-1", False),
        ("file://[", False),
    ],
)
def test_a_cell_of_a_notebook(uri: str, cell: bool) -> None:
    assert is_cell(uri) is cell


@pytest.mark.parametrize(
    ("host", "path", "name"),
    [
        ("", "/c:/a b.py", "c:/a b.py"),
        ("localhost", "/c:/a.py", "c:/a.py"),
        ("wsl$", "/Ubuntu/home/a.py", "//wsl$/Ubuntu/home/a.py"),
        ("server", "/share/a.py", "//server/share/a.py"),
    ],
)
def test_the_file_of_a_uri_on_windows(host: str, path: str, name: str) -> None:
    assert windows_name(host, path) == name


def test_command_arguments_as_plain_json() -> None:
    Object = namedtuple("Object", ["a", "b"])
    assert convert.as_json([Object(1, Object([2], {"c": None}))]) == [
        {"a": 1, "b": {"a": [2], "b": {"c": None}}}
    ]
