"""`slm-lsp doctor --prove-offline` proves, and fails where there is nothing to prove."""

import json
import shutil
import subprocess
import sys

import pytest

from slm_lsp.commands import prove_offline
from slm_lsp.sandbox.inside import command

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the mechanisms of Linux")

WAYS = ("UDP", "IPv6", "local", "netlink", "TCP", "DNS", "io_uring", "curl", "write", "thread")
DOCTOR = (sys.executable, "-P", "-m", "slm_lsp.cli", "doctor", "--prove-offline")


def report(role: str) -> list[dict]:
    done = subprocess.run(command(role, ""), capture_output=True, text=True, timeout=60)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_every_process_is_offline():
    done = subprocess.run([*DOCTOR, "--json"], capture_output=True, text=True, timeout=60)
    found = json.loads(done.stdout)
    assert done.returncode == 0 and found["offline"]
    assert [process["process"] for process in found["processes"]] == ["server", "worker", "reader"]
    for process in found["processes"]:
        names = " ".join(attempt["name"] for attempt in process["attempts"])
        assert all(way in names for way in WAYS), process["process"]
        assert ("Python" in names) == (process["process"] != "reader")  # it inherits no audit hook
        for attempt in process["attempts"]:
            assert attempt["refused"] and attempt["mechanism"], attempt
            if attempt["name"].endswith("libc"):
                assert attempt["mechanism"] != "audit hook"


def test_each_refusal_is_printed_with_its_errno_and_who_refused(capsys):
    assert prove_offline.run(as_json=False) == 0
    printed = capsys.readouterr().out
    assert printed.count("refused") == printed.count("\n  refused") + 1
    assert "UDP socket, libc" in printed and "EPERM" in printed and "seccomp" in printed
    assert "nothing can leave" in printed


def test_without_a_sandbox_it_is_not_proven(capsys, monkeypatch):
    """The proof proves something: it fails when the sandbox is taken away."""
    outside = report("outside")
    by_name = {attempt["name"]: attempt for attempt in outside[0]["attempts"]}
    for name in ("UDP socket, libc", "TCP connect, libc", "TCP, Python", "curl, libc"):
        assert not by_name[name]["refused"], name
    assert outside[0]["level"] == "none"
    monkeypatch.setattr(prove_offline, "prove", lambda: outside * 3)
    assert prove_offline.run(as_json=False) == 1
    assert "NOT PROVEN" in capsys.readouterr().out


def test_a_process_that_does_not_answer_proves_nothing(monkeypatch):
    monkeypatch.setattr(prove_offline, "command", lambda role, model: [sys.executable, "-c", ""])
    assert prove_offline.run(as_json=True) == 1


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
def test_outside_a_sandbox_no_attempt_sends_anything(tmp_path):
    """A machine without seccomp is told the truth, not made to call strangers."""
    trace = tmp_path / "trace"
    calls = "connect,sendto,sendmsg,sendmmsg"
    subprocess.run(
        ["strace", "-f", "-o", trace, "-e", f"trace={calls}", *command("outside", "")],
        capture_output=True,
        timeout=60,
        check=True,
    )
    lines = trace.read_text().splitlines()
    # `curl --version` asks this machine's own name service, where there is one.
    away = [line for line in lines if "AF_INET" in line]
    # A connect is made, but with a descriptor that is none.
    assert away and all("connect(-1" in line for line in away)
