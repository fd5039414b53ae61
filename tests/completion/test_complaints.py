"""What users of other completers complain about, and where it is answered here."""

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.completion.test_gate import CASES as GATE
from tests.completion.test_postprocess import CASES as POSTPROCESS

# Complaints about what is suggested, and when, as they were reported, by our file of golden cases.
# Those about speed, silence, context and the network are not about text: tests/completion/
# test_rhythm.py, test_ahead.py and test_engine.py, tests/context and tests/sandbox answer them.
COMPLAINTS = {
    "doubled-closers": ("Cody 334", "Continue 10751", "llama.vim 71"),
    "duplicated-suffix": ("Continue 4721", "llama.vim 71", "Zed 58501"),
    "repeated-lines": ("Continue 4721", "Copilot 8723"),
    "loops": ("Tabby 2674", "Copilot 8723"),
    "indentation": ("llama.vscode 72", "Continue 1032", "Cody 299", "2532", "5581", "llm.nvim 107"),
    "syntax-errors": ("Continue 10751", "Tabby 3261"),
    "leading-space": ("Tabby 3261",),
    "leaked-markers": ("llama.vim 90", "Zed 52770", "minuet 129"),
    "wrong-language": ("twinny 225",),
    "too-much": ("twinny 243", "Tabby 2674", "llama.vim 65"),
    "line-ends": ("llm-ls 87",),
    "essays": ("Tabby 2674", "Continue 2615"),
    # Not reported by anybody: what is valid all the same.
    "no-copies": ("our own first filters",),
    "nothing": ("Tabby 2674", "llm.nvim 61"),
    "unseen-characters": ("CVE-2021-42574",),
    "silent": ("Tabby 2840", "2902", "twinny 52", "Continue 4053", "Kiro 962", "cline 5929"),
}


def test_each_complaint_has_three_cases_at_least() -> None:
    cases = [*POSTPROCESS, *GATE]
    counts = Counter(case.file.stem for case in cases)
    assert set(counts) == set(COMPLAINTS)
    assert min(counts.values()) >= 3
    seen_in = {case.file.stem: case["seen_in"] for case in cases}
    for name, reported in COMPLAINTS.items():
        for one in reported:
            assert one in seen_in[name], name


ROOM = Path(__file__).parents[1]
# The complaints that are the same about every completer, by class: those about text by their files
# of golden cases, the others by the tests that answer them.
CLASSES = {
    "duplicated suffix and brackets": ("doubled-closers", "duplicated-suffix", "repeated-lines"),
    "wrong indentation": ("indentation", "line-ends"),
    "syntax errors and markers in the text": ("syntax-errors", "leading-space", "leaked-markers"),
    "too much, and on too many lines": ("too-much", "loops", "essays"),
    "silently nothing": ("silent", "nothing"),
}
ANSWERED = {
    "too slow or too hot, and on battery": (
        "completion/test_rhythm.py::test_to_save_power_a_fast_model_is_asked_at_a_pause_too",
        "completion/test_ahead.py::test_what_is_known_is_never_delayed",
        "completion/test_engine.py::test_a_cancelled_question_stops_the_model",
        "completion/test_ahead.py::test_on_battery_nothing_is_computed_ahead_and_questions_wait",
    ),
    "silently nothing, or a cryptic error": (
        "completion/test_engine.py::test_silence_has_a_reason",
        "completion/test_engine.py::test_the_gates_reason_is_told_and_nothing_is_asked",
        "e2e/test_cli.py::test_doctor_names_the_cure",
    ),
    "nothing of other files where the model is local": (
        "context/test_gather.py::test_what_is_imported_is_shown_and_its_namesake_is_not",
        "context/test_gather.py::test_the_files_beside_come_whole_and_not_as_snippets",
        "e2e/test_context.py::test_the_definition_of_what_is_called_is_in_the_prompt",
    ),
    "no proof that nothing leaves the machine": (
        "sandbox/test_nothing_leaves.py::test_a_whole_session_makes_no_socket",
        "sandbox/test_nothing_leaves.py::test_a_whole_session_works_without_any_network",
        "sandbox/test_prove_offline.py::test_every_process_is_offline",
    ),
}


@pytest.mark.parametrize("name", CLASSES)
def test_each_class_about_text_has_three_golden_cases(name: str) -> None:
    files = CLASSES[name]
    assert set(files) <= set(COMPLAINTS)
    assert sum(case.file.stem in files for case in (*POSTPROCESS, *GATE)) >= 3


@pytest.mark.parametrize("name", ANSWERED)
def test_each_other_class_has_three_tests(name: str) -> None:
    assert len(set(ANSWERED[name])) >= 3
    for one in ANSWERED[name]:
        file, _, test = one.partition("::")
        assert re.search(rf"^(async )?def {test}\(", (ROOM / file).read_text("utf-8"), re.M), one
