"""`slm-lsp doctor --prove-offline`: try to get out of each process, and print each refusal."""

import json
import subprocess
from typing import Any

from slm_lsp.errors import ModelError
from slm_lsp.models import resolve_model
from slm_lsp.sandbox.inside import command
from slm_lsp.sandbox.probe import Kind
from slm_lsp.settings import ModelSettings

# All that see source: the last one reads the repository, in what the server gave up.
PROCESSES = ("server", "worker", "reader")
# What takes half a second; a process that is stuck proves nothing.
TIMEOUT_S = 60.0


def run(as_json: bool) -> int:
    """The exit code: 0 when no process has a way out."""
    processes = prove()
    proven = is_proven(processes)
    if as_json:
        print(json.dumps({"offline": proven, "processes": processes}, indent=2))
    else:
        print("\n".join(line for process in processes for line in lines(process)))
        print(verdict(processes))
    return 0 if proven else 1


def prove() -> list[dict[str, Any]]:
    """What a server found that started like the real one, and the two that it started."""
    try:
        model = str(resolve_model(ModelSettings()).path)
    except ModelError:
        model = ""
    try:
        answer = subprocess.run(
            command("server", model), stdout=subprocess.PIPE, timeout=TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return []
    return [json.loads(line) for line in answer.stdout.splitlines()]


def is_proven(processes: list[dict[str, Any]]) -> bool:
    """A file that could be written is shown, but takes nothing off the machine by itself."""
    return [process["process"] for process in processes] == [*PROCESSES] and not any(
        ways_out(process) for process in processes
    )


def ways_out(process: dict[str, Any]) -> list[str]:
    return [
        attempt["name"]
        for attempt in process["attempts"]
        if not attempt["refused"] and attempt["kind"] != Kind.FILE
    ]


def lines(process: dict[str, Any]) -> list[str]:
    told = [f"{process['process']} (process {process['pid']}): {process['sandbox']}"]
    for attempt in process["attempts"]:
        mark = "refused" if attempt["refused"] else "OPEN   "
        by = f"{attempt['errno'] or '':7} {attempt['mechanism'] or '':12}"
        told.append(f"  {mark}  {attempt['name']:30} {by} {attempt['detail']}".rstrip())
    return [*told, ""]


def verdict(processes: list[dict[str, Any]]) -> str:
    if is_proven(processes):
        n_refused = sum(
            attempt["refused"] for process in processes for attempt in process["attempts"]
        )
        return f"nothing can leave: {n_refused} attempts in {len(PROCESSES)} processes were refused"
    found = [f"{process['process']}: {', '.join(ways_out(process))}" for process in processes]
    if len(processes) < len(PROCESSES):
        found.append("a process ended before it had tried everything")
    return f"NOT PROVEN; {'; '.join(found)}"
