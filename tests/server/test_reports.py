"""What is kept of other servers' findings, and what goes."""

import pytest
from lsprotocol import types
from slm_context.reported import Reported

from slm_lsp.columns import Encoding
from slm_lsp.convert_diagnostics import reported
from slm_lsp.documents import DocumentSnapshot
from slm_lsp.reports import MAX_LINES, MAX_OF_LINE, Reports, Stretch

LINE = "x = to_cents(price)"
UNDEFINED = Reported(LINE, 4, 12, ("to_cents",), "Pyright")
AT_PRICE = Reported(LINE, 13, 18, ("price",), "Pyright")


@pytest.fixture
def reports() -> Reports:
    reports = Reports()
    assert reports.note("a", [Stretch(LINE, 0, 19)], [UNDEFINED, AT_PRICE])
    return reports


def test_what_is_told_is_kept_for_its_document(reports: Reports) -> None:
    assert reports.of("a") == (UNDEFINED, AT_PRICE) and reports.of("b") == ()
    assert not reports.note("a", [Stretch(LINE, 0, 19)], [UNDEFINED, AT_PRICE])
    reports.closed("a")
    assert reports.of("a") == ()


def test_what_is_no_longer_told_where_the_editor_asks_is_gone(reports: Reports) -> None:
    assert reports.note("a", [Stretch(LINE, 6, 6)], [])
    assert reports.of("a") == (AT_PRICE,)
    assert not reports.note("a", [Stretch("another line", 0, 12)], [])
    assert reports.note("a", [Stretch(LINE, 0, 19)], [])
    assert reports.of("a") == ()


def test_there_is_an_end_to_what_is_kept(reports: Reports) -> None:
    many = [Reported(f"line {n}", 0, 4, ("name",), "x") for n in range(1_000)]
    many += [Reported("one line", n, n, ("name",), "x") for n in range(100)]
    reports.note("a", [], [*many, Reported("x" * 10_000, 0, 1, ("name",), "x")])
    kept = reports.of("a")
    assert len(kept) == MAX_LINES - 1 + MAX_OF_LINE
    assert kept[-1] == many[-1]


def diagnostic(message: str, source: str | None, line: int, *columns: int, **more) -> object:
    start, end = columns
    of = types.Range(types.Position(line, start), types.Position(line, end))
    return types.Diagnostic(range=of, message=message, source=source, **more)


def test_what_an_editor_tells_when_it_asks_for_actions() -> None:
    text = f"y = 1\ns = '𝒙'; {LINE}\n"
    snapshot = DocumentSnapshot("file:///a.py", 1, "python", text, Encoding.UTF16)
    asked = types.Range(types.Position(0, 2), types.Position(1, 14))
    at = types.Location("file:///b.py", asked)
    declared = types.DiagnosticRelatedInformation(at, "'make_cents' is declared here.")
    unused = [types.DiagnosticTag.Unnecessary]
    context = types.CodeActionContext(
        [
            diagnostic('"to_cents" is not defined', "Pyright", 1, 14, 22),
            diagnostic("Expected 2 arguments", None, 1, 14, 22, related_information=[declared]),
            diagnostic('"y" of "to_cents" is not accessed', "Pyright", 0, 0, 1, tags=unused),
            diagnostic("`to_cents` looks wrong", "slm-lsp", 1, 14, 22),
            diagnostic('"far_away" is not defined', "Pyright", 99, 1, 2),
        ]
    )
    params = types.CodeActionParams(types.TextDocumentIdentifier(snapshot.uri), asked, context)
    stretches, found = reported(snapshot, params)
    line = f"s = '𝒙'; {LINE}"
    assert stretches == [("y = 1", 2, 5), (line, 0, 13)]
    assert found[:2] == [
        Reported(line, 13, 21, ("to_cents",), "Pyright"),
        Reported(line, 13, 21, ("make_cents",), "another tool"),
    ]
    assert [one.line for one in found[2:]] == [""]
