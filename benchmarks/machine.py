"""The machine that a result was measured on, in a few words."""

import os
import platform
from pathlib import Path


def machine() -> str:
    """For example "Intel(R) Xeon(R) Processor, 2 cores, 24 GB, Linux"."""
    n_cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    words = [processor(), f"{n_cores} cores"]
    if "SC_PHYS_PAGES" in os.sysconf_names:
        n_bytes = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        words.append(f"{n_bytes / 1e9:.0f} GB")
    return ", ".join([*words, platform.system()])


def processor() -> str:
    """Its name alone."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def busy_seconds() -> float:
    """CPU time of everything that ran here since boot, and what a host took from this machine."""
    user, nice, system, _idle, _waiting, *rest = _ticks()
    return (user + nice + system + sum(rest[:3])) / os.sysconf("SC_CLK_TCK")


def _ticks() -> list[int]:
    # User, nice, system, idle, waiting for disks, interrupts, soft interrupts, stolen, guests
    # (which user counts already).
    return [int(one) for one in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]


def priority() -> int:
    """How nice the processes of this shell are to those of others; 0: as everybody.

    Linux shares the cores out among sessions before it does among their processes, and a session
    may be nice as well.
    """
    try:
        session = int(Path("/proc/self/autogroup").read_text().rpartition(" ")[2])
    except (OSError, ValueError):
        session = 0
    return session or os.getpriority(os.PRIO_PROCESS, 0)
