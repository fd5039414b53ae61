"""What is said is what holds."""

import pytest

from slm_lsp.sandbox import Sandbox, SandboxLevel, level_of

PYTHON = ("audit hook",)
SECCOMP = ("seccomp", *PYTHON)
LANDLOCK = ("Landlock 7", *PYTHON)


@pytest.mark.parametrize(
    "sandbox, level",
    [
        (Sandbox("worker", SECCOMP, SECCOMP, LANDLOCK), SandboxLevel.KERNEL),
        (Sandbox("worker", SECCOMP, SECCOMP, PYTHON), SandboxLevel.PARTIAL),
        (Sandbox("server", SECCOMP, PYTHON, LANDLOCK), SandboxLevel.PARTIAL),
        (Sandbox("server", PYTHON, LANDLOCK, LANDLOCK), SandboxLevel.GUARD),
        (Sandbox("server", PYTHON, PYTHON, PYTHON), SandboxLevel.GUARD),
        (Sandbox("server", (), LANDLOCK, LANDLOCK), SandboxLevel.NONE),
        (Sandbox("server"), SandboxLevel.NONE),
    ],
)
def test_the_level_is_that_of_the_weakest_part(sandbox, level):
    assert sandbox.level is level
    assert level_of(str(sandbox)) is level
    assert sandbox.level.takes_network_away == (sandbox.network[:1] == ("seccomp",))


def test_only_a_kernel_is_called_one():
    guarded = Sandbox("worker", PYTHON, PYTHON, PYTHON, ("win32 has no mechanism",))
    assert "not a sandbox" in guarded.sentence
    assert "kernel" not in guarded.sentence
    assert guarded.sentence.endswith("win32 has no mechanism")


@pytest.mark.parametrize("text", ["", "none", "nonsense", "Kernel: all is well"])
def test_what_is_not_known_counts_as_nothing(text):
    assert level_of(text) is SandboxLevel.NONE
