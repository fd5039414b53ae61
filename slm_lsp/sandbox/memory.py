"""What the process has in memory stays there: no core dump writes source to the disk."""

import contextlib
import sys
from pathlib import Path

if sys.platform != "win32":
    import resource

if sys.platform == "linux":
    from slm_lsp.sandbox.libc import PR_SET_DUMPABLE, prctl


def no_core_dumps(*, hidden: bool) -> None:
    """`hidden`: nor may another process of the same person look into this one's memory."""
    if sys.platform == "win32":
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform != "linux":
        return
    # A crash handler that is fed through a pipe ignores the limit, but not this: dump nothing.
    with contextlib.suppress(OSError):
        Path("/proc/self/coredump_filter").write_text("0")
    if hidden:
        prctl(PR_SET_DUMPABLE, 0)


def no_file_contents() -> None:
    """No file of this process can grow, wherever it may be. Pipes are not files."""
    if sys.platform != "win32":
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
