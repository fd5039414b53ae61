"""What a process and its children take, as Linux counts it."""

import resource
import threading
import time
from collections.abc import Iterator
from pathlib import Path


class Memory:
    """The most that a process and its children hold at one time, shared pages counted once."""

    def __init__(self, pid: int) -> None:
        self.most_mib = 0.0
        self._pid = pid
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        try:
            while True:
                held = sum(_pss_kib(pid) for pid in _family(self._pid))
                if not held:
                    return
                self.most_mib = max(self.most_mib, held / 1024)
                time.sleep(0.05)
        except OSError:
            return


def children_cpu_s() -> float:
    """Processor time of the children that have ended, in seconds."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _family(pid: int) -> Iterator[int]:
    yield pid
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        yield from _family(int(child))


def _pss_kib(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    except OSError:
        pass  # it has just ended
    return 0
