"""When findings appear, move, and go."""

import asyncio

import pytest

from slm_lsp.diagnostics.engine import DiagnosticsEngine
from slm_lsp.diagnostics.watched import TYPING_S
from slm_lsp.documents import Edit
from slm_lsp.settings import DiagnosticsSettings

URI = "file:///a.py"
GOOD = "def f(value):\n    return value\n"
BAD = "def f(value):\n    return (value\n"


class Bench:
    """An engine with a clock that tests move, and no settling time."""

    def __init__(self, settings: DiagnosticsSettings | None = None) -> None:
        self.now = 1000.0
        self.changed: list[str] = []
        self.text = ""
        self.version = 0
        self.engine = DiagnosticsEngine(
            lambda uri: settings or DiagnosticsSettings(),
            self.changed.append,
            clock=lambda: self.now,
            settle_s=0.0,
        )

    def open(self, text: str, language: str = "python") -> None:
        self.text, self.version = text, 1
        self.engine.opened(URI, "a.py", language, 1, text)

    def edit(self, offset: int, removed: str, inserted: str) -> None:
        assert self.text[offset : offset + len(removed)] == removed
        self.text = self.text[:offset] + inserted + self.text[offset + len(removed) :]
        self.version += 1
        text = self.text
        edits = [Edit(offset, removed, inserted)]
        self.engine.changed(URI, self.version, lambda: text, edits)

    async def settled(self) -> list[tuple[str, str]]:
        """The findings once the check that is under way is done: (rule, text)."""
        task = self.engine._documents[URI].task
        if task is not None:
            await asyncio.gather(task, return_exceptions=True)
        report = self.engine.report(URI)
        return [(one.rule, self.text[one.start : one.end]) for one in report.findings]


async def test_an_error_in_a_file_that_is_opened() -> None:
    bench = Bench()
    bench.open(BAD)
    assert await bench.settled() == [("syntax", "(")]
    assert bench.changed == [URI]


async def test_the_line_being_typed_is_left_alone_until_it_is_saved() -> None:
    bench = Bench()
    bench.open(GOOD)
    await bench.settled()
    bench.edit(GOOD.index("value\n", 20), "", "(")
    task = bench.engine._documents[URI].task
    assert task is not None
    await asyncio.sleep(0)
    assert bench.engine.report(URI).findings == ()
    bench.engine.saved(URI)
    assert await bench.settled() == [("syntax", "(")]


async def test_the_line_being_typed_counts_when_typing_has_stopped() -> None:
    bench = Bench()
    bench.open(GOOD)
    await bench.settled()
    bench.edit(GOOD.index("value\n", 20), "", "(")
    bench.now += TYPING_S + 1
    assert await bench.settled() == [("syntax", "(")]


async def test_the_cursor_on_another_line_means_that_the_line_is_finished() -> None:
    bench = Bench()
    bench.open(GOOD)
    await bench.settled()
    bench.edit(GOOD.index("value\n", 20), "", "(")
    assert await bench.settled() == []
    waiting = bench.engine._documents[URI].task
    bench.engine.cursor_at(URI, 1)  # still there
    assert bench.engine._documents[URI].task is waiting
    bench.engine.cursor_at(URI, 0)
    assert await bench.settled() == [("syntax", "(")]


async def test_an_edit_on_another_line_means_that_the_line_is_finished() -> None:
    bench = Bench()
    bench.open(GOOD)
    await bench.settled()
    bench.edit(GOOD.index("value\n", 20), "", "(")
    bench.edit(len(bench.text), "", "\n")
    assert await bench.settled() == [("syntax", "(")]


async def test_what_the_editor_saves_by_itself_is_no_sign_that_a_line_is_finished() -> None:
    bench = Bench()
    bench.open(GOOD)
    await bench.settled()
    bench.edit(GOOD.index("value\n", 20), "", "(")
    bench.engine.saving(URI, by_timer=True)
    bench.engine.saved(URI)
    assert await bench.settled() == []
    bench.engine.saving(URI, by_timer=False)
    bench.engine.saved(URI)
    assert await bench.settled() == [("syntax", "(")]


async def test_a_finding_goes_while_its_line_is_edited_and_comes_back() -> None:
    bench = Bench()
    bench.open(BAD)
    await bench.settled()
    bench.changed.clear()
    bench.edit(BAD.index("return"), "", " ")
    assert bench.engine.report(URI).findings == () and bench.changed == [URI]
    assert await bench.settled() == []
    bench.engine.cursor_at(URI, 0)
    bench.edit(BAD.index("return"), " ", "")
    bench.engine.saved(URI)
    assert await bench.settled() == [("syntax", "(")]


async def test_an_edit_right_behind_the_opening_makes_nothing_the_persons() -> None:
    old = "def old(a, b):\n    if a and a:\n        return b\n\n\n"
    wrong = "x = (§)\n"  # the grammar does not accept it
    bench = Bench()
    bench.open(old + wrong)
    bench.edit(len(old + wrong), "", "def new(value):\n    return valeu\n\n")
    assert await bench.settled() == [("syntax", "§")]
    bench.edit(len(old), wrong, "")
    assert await bench.settled() == [("misspelt-name", "valeu")]


async def test_who_waits_for_the_document_to_settle_is_told_what_is_found() -> None:
    bench = Bench()
    bench.open(BAD)
    report = await bench.engine.settled(URI)
    assert [one.rule for one in report.findings] == ["syntax"]
    assert (await bench.engine.settled("file:///unknown")).findings == ()


async def test_findings_move_with_edits_above_and_go_when_touched() -> None:
    bench = Bench()
    bench.open(BAD)
    await bench.settled()
    bench.edit(0, "", "# é\n")
    [finding] = bench.engine.report(URI).findings
    assert bench.text[finding.start : finding.end] == "(" and not finding.fixes
    bench.edit(finding.start, "(", "")
    assert bench.engine.report(URI).findings == ()


async def test_the_place_that_a_finding_refers_to_moves_and_goes_as_well() -> None:
    bench = Bench()
    bench.open("")
    await bench.settled()
    call = "def f(width, height):\n    return area(height, width)\n\n\n"
    bench.edit(0, "", f"{call}def area(width, height):\n    return width * height\n")
    bench.now += TYPING_S + 1
    assert await bench.settled() == [("swapped-arguments", "height, width")]
    before = bench.engine.report(URI)
    [old] = before.findings[0].related
    bench.edit(len(call) - 1, "", "# between\n")
    after = bench.engine.report(URI)
    [moved] = after.findings[0].related
    assert bench.text[moved.start : moved.end] == "(width, height)"
    assert moved.start == old.start + len("# between\n")
    assert after.findings[0].start == before.findings[0].start
    assert after.result_id != before.result_id
    bench.edit(moved.start, "", "x")
    assert bench.engine.report(URI).findings[0].related == ()


async def test_the_result_id_tells_whether_anything_changed() -> None:
    bench = Bench()
    bench.open(GOOD)
    await bench.settled()
    before = bench.engine.report(URI).result_id
    bench.engine.saved(URI)
    await bench.settled()
    assert bench.engine.report(URI).result_id == before
    bench.edit(0, "", "(\n")
    assert bench.engine.report(URI).result_id == before  # nothing to show, before and after
    bench.now += TYPING_S + 1
    assert await bench.settled() == [("syntax", "(")]
    shown = bench.engine.report(URI).result_id
    assert shown != before
    bench.edit(len(bench.text), "", "# more\n")
    assert bench.engine.report(URI).result_id == shown  # what is behind a finding moves nothing
    bench.edit(0, "", "\n")
    assert bench.engine.report(URI).result_id != shown


async def test_a_dismissed_finding_stays_away() -> None:
    bench = Bench()
    bench.open("")
    await bench.settled()
    bench.edit(0, "", "def f(value):\n    return valeu\n")
    bench.now += TYPING_S + 1
    assert await bench.settled() == [("misspelt-name", "valeu")]
    [finding] = bench.engine.report(URI).findings
    bench.engine.dismiss(finding.fingerprint)
    assert await bench.settled() == []
    bench.edit(0, "", "\n")
    bench.now += TYPING_S + 1
    assert await bench.settled() == []


@pytest.mark.parametrize(
    "settings",
    [
        DiagnosticsSettings(enabled=False),
        DiagnosticsSettings(syntax=False),
        DiagnosticsSettings(disabled_rules=("syntax",)),
    ],
)
async def test_switched_off(settings: DiagnosticsSettings) -> None:
    bench = Bench(settings)
    bench.open(BAD)
    assert await bench.settled() == []


@pytest.mark.parametrize("language", ["klingon", None])
async def test_a_language_without_a_grammar_has_no_findings(language: str | None) -> None:
    bench = Bench()
    bench.engine.opened(URI, "a", language, 1, BAD)
    assert bench.engine.report(URI).findings == ()
    bench.engine.closed(URI)


async def test_closing_ends_what_is_under_way() -> None:
    bench = Bench()
    bench.open(BAD)
    task = bench.engine._documents[URI].task
    assert task is not None
    bench.engine.closed(URI)
    await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled() and bench.changed == []
