"""How many threads are worth it, where a container leaves less than the machine has."""

import math
from pathlib import Path

import pytest

from slm_lsp.inference import cpu
from slm_lsp.inference.cpu import physical_cores, quota, usable_cpus

# The file of the process, then files of the groups.
CASES = {
    "no limit": ("0::/user.slice", {"user.slice/cpu.max": "max 100000"}, math.inf),
    "a service": ("0::/system.slice/a", {"system.slice/a/cpu.max": "150000 100000"}, 1.5),
    "a group further up": (
        "0::/a/b",
        {"a/cpu.max": "200000 100000", "a/b/cpu.max": "800000 100000"},
        2.0,
    ),
    "a container": ("0::/", {"cpu.max": "400000 100000"}, 4.0),
    "a container that knows its name outside": ("0::/../x", {"cpu.max": "400000 100000"}, 4.0),
    "the first version": (
        "3:cpu,cpuacct:/docker/1",
        {"cpu/cpu.cfs_quota_us": "50000", "cpu/cpu.cfs_period_us": "100000"},
        0.5,
    ),
    "the first version without a limit": (
        "3:cpu,cpuacct:/",
        {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"},
        math.inf,
    ),
    "another controller": ("2:cpuset:/\nx", {"cpuset/cpu.cfs_quota_us": "1"}, math.inf),
    "nonsense": ("0::/", {"cpu.max": "many"}, math.inf),
}


@pytest.mark.parametrize("name", CASES)
def test_the_time_that_a_group_has(name: str, tmp_path: Path) -> None:
    of_process, files, expected = CASES[name]
    (tmp_path / "cgroup").write_text(of_process + "\n")
    for path, text in files.items():
        file = tmp_path / "mounted" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n")
    assert quota(tmp_path / "cgroup", tmp_path / "mounted") == expected


def test_where_there_are_no_groups(tmp_path: Path) -> None:
    assert quota(tmp_path / "none", tmp_path) == math.inf


@pytest.mark.parametrize(("left", "n"), [(math.inf, 8), (3.5, 3), (0.5, 1)])
def test_no_thread_is_started_that_would_be_stopped(
    left: float, n: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cpu, "quota", lambda: left)
    monkeypatch.setattr(cpu, "_allowed", lambda: set(range(1000, 1008)))
    assert (physical_cores(), usable_cpus()) == (n, n)
