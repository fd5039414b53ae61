"""Whether to answer at all, and with how much text."""

from dataclasses import replace
from pathlib import Path

import pytest
from slm_context.cursor import DocumentContext
from slm_context.syntax import parse

from slm_lsp.completion.gate import MAX_CHARS, MAX_LINE_CHARS, mode_for, skip_reason
from slm_lsp.completion.types import CompletionMode, SkipReason, Trigger
from slm_lsp.settings import Settings
from tests.support.golden import GoldenCase, golden_cases
from tests.support.markup import document_at

CASES = list(golden_cases(Path(__file__).parent / "golden" / "gate"))
ALWAYS = {
    SkipReason.SECRET_FILE,
    SkipReason.HUGE_FILE,
    SkipReason.EMPTY_FILE,
    SkipReason.OFF,
}


def settings_with(**completion: object) -> Settings:
    settings = Settings()
    return replace(settings, completion=replace(settings.completion, **completion))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_where_it_is_silent(case: GoldenCase, request: pytest.FixtureRequest) -> None:
    document = document_at(case["text"], case["path"])
    reason = skip_reason(document, Trigger.AUTOMATIC, Settings())
    case.compare(reason or "", request.config.getoption("--update-golden"))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_who_asks_gets_an_answer(case: GoldenCase) -> None:
    """Except where privacy or the file's size forbids one, and in an empty file."""
    document = document_at(case["text"], case["path"])
    reason = skip_reason(document, Trigger.INVOKED, Settings())
    automatic = skip_reason(document, Trigger.AUTOMATIC, Settings())
    assert reason == (automatic if automatic in ALWAYS else None)


def test_sizes() -> None:
    huge = DocumentContext("a.py", "python", "x" * (MAX_CHARS + 1), 5)
    assert skip_reason(huge, Trigger.INVOKED, Settings()) is SkipReason.HUGE_FILE
    long = document_at("x = '" + "y" * MAX_LINE_CHARS + "█'")
    assert skip_reason(long, Trigger.AUTOMATIC, Settings()) is SkipReason.LONG_LINE
    assert "more than 2,000,000 " in SkipReason.HUGE_FILE
    assert "more than 2,000 " in SkipReason.LONG_LINE


@pytest.mark.parametrize(
    ("trigger", "completion", "expected"),
    [
        (Trigger.AUTOMATIC, {"enabled": False}, SkipReason.OFF),
        (Trigger.INVOKED, {"enabled": False}, SkipReason.OFF),
        (Trigger.AUTOMATIC, {"disabled_languages": ("python",)}, SkipReason.OFF),
        (Trigger.INVOKED, {"disabled_languages": ("python",)}, None),
        (Trigger.AUTOMATIC, {"disabled_languages": ("go",)}, None),
        (Trigger.AUTOMATIC, {"disabled_globs": ("gen/",)}, SkipReason.OFF),
        (Trigger.AUTOMATIC, {"disabled_globs": ("*.py",)}, SkipReason.OFF),
        (Trigger.AUTOMATIC, {"disabled_globs": ("src/gen/**",)}, SkipReason.OFF),
        (Trigger.INVOKED, {"disabled_globs": ("*.py",)}, None),
    ],
)
def test_switches(trigger: Trigger, completion: dict[str, object], expected: object) -> None:
    document = document_at("total = █\n", "src/gen/calc.py")
    assert skip_reason(document, trigger, settings_with(**completion)) == expected


@pytest.mark.parametrize("glob", ["secrets/", "secrets/**", "*.py"])
def test_what_privacy_excludes_is_never_asked_about(glob: str) -> None:
    settings = Settings()
    settings = replace(settings, privacy=replace(settings.privacy, exclude=(glob,)))
    document = document_at("total = █\n", "secrets/calc.py")
    assert skip_reason(document, Trigger.INVOKED, settings) is SkipReason.SECRET_FILE


@pytest.mark.parametrize(
    ("disabled", "language", "language_id", "expected"),
    [
        ("markdown", None, "markdown", SkipReason.OFF),
        ("typescriptreact", "tsx", "typescriptreact", SkipReason.OFF),
        ("shellscript", "bash", "shellscript", SkipReason.OFF),
        ("bash", "bash", "sh", SkipReason.OFF),
        ("python", "python", "", SkipReason.OFF),
        ("markdown", "python", "python", None),
    ],
)
def test_a_language_is_switched_off_by_the_name_that_the_editor_has_for_it(
    disabled: str, language: str | None, language_id: str, expected: object
) -> None:
    document = DocumentContext("a", language, "total = ", 8, language_id)
    settings = settings_with(disabled_languages=(disabled,))
    assert skip_reason(document, Trigger.AUTOMATIC, settings) == expected


def test_a_cell_is_allowed_what_its_notebook_is() -> None:
    document = document_at("total = █\n", "secrets/calc.ipynb#W2sZmlsZQ==")
    for glob in ("secrets/", "*.ipynb", "calc.ipynb"):
        settings = Settings()
        settings = replace(settings, privacy=replace(settings.privacy, exclude=(glob,)))
        assert skip_reason(document, Trigger.INVOKED, settings) is SkipReason.SECRET_FILE
        settings = settings_with(disabled_globs=(glob,))
        assert skip_reason(document, Trigger.AUTOMATIC, settings) is SkipReason.OFF


BLOCK, LINE = CompletionMode.BLOCK, CompletionMode.LINE


@pytest.mark.parametrize(
    ("marked", "path", "expected"),
    [
        ("def area(w):\n    █\n", "a.py", BLOCK),
        ("def area(w):\n    return█\n", "a.py", LINE),
        ("def area(w):\n    █\n    return w\n", "a.py", LINE),
        ("def area(w):\n    █\n\n\ndef other():\n    pass\n", "a.py", BLOCK),
        ("func area(w int) int {\n\t█\n}\n", "a.go", BLOCK),
        ("func area(w int) int {\n\t█\n\treturn w\n}\n", "a.go", LINE),
        ("values = [\n    █\n]\n", "a.py", BLOCK),
        ("total = 1\n█\n", "a.py", LINE),
        ("def area(w):\n    █)\n", "a.py", LINE),
        ("if true; then\n  █\nfi\n", "a.sh", BLOCK),
    ],
)
def test_how_much(marked: str, path: str, expected: CompletionMode) -> None:
    document = document_at(marked, path)
    assert mode_for(document, Settings()) is expected
    assert mode_for(document, Settings(), tree=parsed(document)) is expected


@pytest.mark.parametrize(
    ("marked", "path", "expected"),
    [
        ('def area(w):\n    """Area.\n\n    Args:\n        █\n    """\n', "a.py", LINE),
        ("# To be done:\n█\n", "a.py", LINE),
        ("const text = `a list:\n  █\n`;\n", "a.ts", LINE),
        ("def area(w):\n    # Nothing yet:\n    x = {\n        █\n    }\n", "a.py", BLOCK),
        # The body stands less deep than an indentation would have it.
        ("namespace shop {\n█\nint total;\n}\n", "a.cpp", LINE),
        ("switch (kind) {\n  █\ncase 1:\n  return;\n}\n", "a.ts", LINE),
        ("x = {\n    █\n    # nothing\n}\n", "a.py", BLOCK),
    ],
)
def test_the_tree_knows_what_a_line_end_does_not(
    marked: str, path: str, expected: CompletionMode
) -> None:
    document = document_at(marked, path)
    assert mode_for(document, Settings(), tree=parsed(document)) is expected


def test_the_file_is_parsed_only_where_a_block_may_begin() -> None:
    def never() -> None:
        raise AssertionError("parsed")

    for marked in ("total = █\n", "total = 1\n█\n", "def area(w): █\n"):
        assert mode_for(document_at(marked), Settings(), tree=never) is LINE


def parsed(document: DocumentContext):
    return lambda: parse(document.text, document.language or "")


def test_after_an_acceptance_the_rest_of_the_block_is_wanted() -> None:
    document = document_at("def area(w):\n    w = abs(w)\n    █\n")
    assert mode_for(document, Settings()) is LINE
    assert mode_for(document, Settings(), after_acceptance=True) is BLOCK


def test_one_line_only_where_the_settings_say_so() -> None:
    document = document_at("def area(w):\n    █\n")
    assert mode_for(document, settings_with(multi_line=False), after_acceptance=True) is LINE
