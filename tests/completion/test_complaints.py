"""What users of other completers complain about, and where it is answered here."""

from collections import Counter

from tests.completion.test_gate import CASES as GATE
from tests.completion.test_postprocess import CASES as POSTPROCESS

# Complaints about what is suggested, and when, as they were reported, by our file of golden cases.
# Those about speed, silence, context and the network are not about text: tests/completion/
# test_rhythm.py and test_engine.py, tests/context and tests/sandbox answer them.
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
