"""What the machine has to compute with."""

import os
import platform
from pathlib import Path


def physical_cores() -> int:
    """Cores that this process may use, hyper-threads counted once where the system tells."""
    try:
        usable = os.sched_getaffinity(0)
    except AttributeError:
        return os.cpu_count() or 1
    cores: set[str] = set()
    for cpu in usable:
        siblings = Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
        try:
            cores.add(siblings.read_text("ascii"))
        except OSError:
            cores.add(str(cpu))
    return max(1, len(cores))


def cpu_model() -> str:
    """The CPU's name and features, as far as the system tells them."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").split("\n\n", 1)[0].splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return "\n".join(line for line in lines if line.startswith(("model name", "flags")))


class LoadMeter:
    """How many other threads want a core right now. Opened before the sandbox closes files."""

    def __init__(self) -> None:
        try:
            self._file = open("/proc/loadavg", "rb", buffering=0)
        except OSError:
            self._file = None

    def n_others(self) -> int:
        """Runnable threads besides the one that asks."""
        if self._file is None:
            return 0
        self._file.seek(0)
        n_runnable = self._file.read(64).split()[3].partition(b"/")[0]
        return max(0, int(n_runnable) - 1)
