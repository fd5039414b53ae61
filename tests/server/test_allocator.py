"""What is freed goes back to the system, also from between small blocks that stay."""

import subprocess
import sys

import pytest

from slm_lsp import allocator

# Texts of growing size, as a document that is typed in has, among small things that stay. The
# blocks that glibc would put between them are freed at the end; what is left is their holes.
CHURN = """
import sys
from pathlib import Path
from slm_lsp.allocator import keep_memory_steady

def own_mib():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) / 1024

steady = keep_memory_steady() if sys.argv[1] == "steady" else False
before = own_mib()
kept, texts = [], []
for n in range(1, 400):
    texts.append(bytearray(b"x" * (200_000 + 1_000 * n)))
    kept.append(bytearray(b"y" * 3_000))
    if n % 3:
        texts.pop(0)
texts.clear()
print(steady, round(own_mib() - before, 1))
"""


def grown_mib(how: str) -> tuple[str, float]:
    done = subprocess.run(
        [sys.executable, "-c", CHURN, how], capture_output=True, text=True, check=True
    )
    steady, mib = done.stdout.split()
    return steady, float(mib)


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's habits")
def test_large_blocks_go_back() -> None:
    habit, before = grown_mib("as usual")
    steady, after = grown_mib("steady")
    if steady != "True":
        pytest.skip("this C library has no mallopt")
    assert habit == "False"
    assert after < 5 < before


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allocator.sys, "platform", "darwin")
    assert not allocator.keep_memory_steady()
