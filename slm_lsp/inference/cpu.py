"""What the machine has to compute with."""

import math
import os
import platform
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

OWN_CGROUPS, CGROUPS = Path("/proc/self/cgroup"), Path("/sys/fs/cgroup")


def physical_cores() -> int:
    """Cores that this process may use, hyper-threads counted once where the system tells."""
    cores: set[str] = set()
    for cpu in _allowed():
        siblings = Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
        try:
            cores.add(siblings.read_text("ascii"))
        except OSError:
            cores.add(str(cpu))
    return _within_quota(len(cores))


def usable_cpus() -> int:
    """How many processes may compute at once, each hyper-thread counted."""
    return _within_quota(len(_allowed()))


def quota(own: Path = OWN_CGROUPS, mounted: Path = CGROUPS) -> float:
    """The processors' worth of time that a container leaves to this process; infinite without one.

    Threads beyond it do not make anything faster: all of them are stopped, for most of each tenth
    of a second, once it is used up.
    """
    try:
        lines = own.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return math.inf
    return min(_quotas(lines, mounted), default=math.inf)


def _quotas(lines: list[str], mounted: Path) -> Iterator[float]:
    """Those of each group that this process is in, by the lines of its `cgroup` file."""
    for line in lines:
        _, controllers, group = (*line.split(":", 2), "", "")[:3]
        if controllers and "cpu" not in controllers.split(","):
            continue
        top = mounted / controllers.split(",")[0] if controllers else mounted
        at = top / group.lstrip("/")
        # In a container the name may be one of the host; the group itself is then on top.
        for folder in (at, *at.parents):
            if folder.is_relative_to(top):
                yield from _quota_of(folder, is_first_version=bool(controllers))


def _quota_of(folder: Path, *, is_first_version: bool) -> Iterator[float]:
    names = ("cpu.cfs_quota_us", "cpu.cfs_period_us") if is_first_version else ("cpu.max",)
    # A group without a limit says "max", or -1; the top one says nothing.
    with suppress(OSError, ValueError):
        words = " ".join((folder / name).read_text("ascii") for name in names).split()
        if len(words) == 2 and int(words[0]) > 0 < int(words[1]):
            yield int(words[0]) / int(words[1])


def _allowed() -> set[int]:
    try:
        return os.sched_getaffinity(0)
    except AttributeError:
        return set(range(os.cpu_count() or 1))


def _within_quota(n: int) -> int:
    return max(1, int(min(n, quota())))


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
