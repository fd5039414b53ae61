"""Nothing broken is shown: real positions, the real model, and checks of their own.

    python -m benchmarks.positions --repos DIR [--a-language 420] [--answers FILE] [--output CSV]

Each position is asked through the engine as an editor would ask. Counted are suggestions that add
a syntax error, closers without an opener, and leaked markers: all must be 0. A right answer of the
model that was not shown as such is *lost*: the price of the filters. One of which its sure part is
shown first is not: that is no filter, and the rest follows when the part was taken.
"""

import argparse
import asyncio
import csv
import json
import platform
import subprocess
import sys
import time
from collections import defaultdict
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from slm_prompts import templates

from benchmarks.answers import KeptAnswers
from benchmarks.broken import n_errors, n_unopened
from benchmarks.corpus import Position, positions
from slm_lsp.assembly import build_client
from slm_lsp.completion.engine import CompletionEngine
from slm_lsp.completion.types import Completion, CompletionRequest, Explanation, Trigger
from slm_lsp.settings import Settings

MARKERS = tuple({marker for one in templates().values() for marker in one.markers})
RESULTS = Path(__file__).parent / "results" / "positions.csv"
# Answers must not depend on how busy this machine is.
PATIENT_MS = 60_000.0


@dataclass(slots=True)
class Row:
    """What happened at the positions of one language and kind."""

    language: str
    kind: str
    positions: int = 0
    silent: int = 0  # the gate: nothing was asked
    shown: int = 0
    right: int = 0  # shown, and the line became what it was
    added_error: int = 0
    doubled_closer: int = 0
    leaked_marker: int = 0
    right_before_filters: int = 0
    lost: int = 0
    in_parts: int = 0  # right before the filters; the part that is sure is shown first

    def __add__(self, other: "Row") -> "Row":
        counts = {key: value + getattr(other, key) for key, value in asdict(self).items()}
        return Row(**{**counts, "language": self.language, "kind": self.kind})


async def run(
    chosen: list[Position], answers: Path, journal: Path | None, model_file: Path | None = None
) -> tuple[list[Row], dict[str, str]]:
    settings = Settings()
    # Everything is shown, also what would be hidden as unsure, and one answer to each question.
    completion = replace(
        settings.completion,
        automatic_deadline_ms=PATIENT_MS,
        invoked_deadline_ms=PATIENT_MS,
        show_at_least_percent=0.0,
        n_candidates=1,
    )
    settings = replace(settings, completion=completion)
    if model_file is not None:
        settings = replace(settings, model=replace(settings.model, path=str(model_file)))
    client = await build_client(settings)
    await client.start()
    kept = KeptAnswers(client, answers)
    model_name = client.model.name if client.model else ""
    engine = CompletionEngine(kept, settings)
    rows: dict[tuple[str, str], Row] = {}
    story = journal.open("w", encoding="utf-8") if journal else None
    started = time.perf_counter()
    for number, position in enumerate(chosen):
        # Its own name for each: nothing of one position may help the next.
        trigger = Trigger.INVOKED if position.invoked else Trigger.AUTOMATIC
        request = CompletionRequest(f"file:///{number}.txt", 1, position.document, trigger)
        completion = await engine.complete(request)
        engine.close_document(request.uri)
        explanation = engine.explain_last
        assert explanation is not None
        key = position.document.language or "", position.kind
        row = rows.setdefault(key, Row(*key))
        found = judge(position, completion, explanation, row)
        if story is not None:
            told = _told(position, completion, explanation, found)
            print(json.dumps({"model": model_name, **told}), file=story)
        if number % 200 == 199:
            rate = (number + 1) / (time.perf_counter() - started)
            print(f"{number + 1}/{len(chosen)}, {rate:.1f}/s", file=sys.stderr)
    model = client.model
    assert model is not None
    await client.close()
    return [rows[key] for key in sorted(rows)], {"model": model.name, "sha256": model.sha256[:12]}


def judge(
    position: Position, completion: Completion | None, explanation: Explanation, row: Row
) -> list[str]:
    """Count one position into `row`; also what was found, in words."""
    found: list[str] = []

    def count(name: str, happened: bool) -> None:
        if happened:
            setattr(row, name, getattr(row, name) + 1)
            found.append(name)

    document = position.document
    row.positions += 1
    was_right = bool(explanation.raw) and _is_right(position, explanation.raw)
    count("silent", completion is None and not explanation.raw and not explanation.counts)
    count("right_before_filters", was_right)
    if completion is None:
        count("lost", was_right)
        return found
    count("shown", True)
    after = document.prefix + completion.text + document.suffix[completion.n_replaced :]
    language = document.language or ""
    count("added_error", n_errors(after, language) > n_errors(document.text, language))
    count("doubled_closer", n_unopened(after, language) > n_unopened(document.text, language))
    leaked = any(mark in completion.text and mark not in document.text for mark in MARKERS)
    count("leaked_marker", leaked)
    line = _first_line(completion.text + document.suffix[completion.n_replaced :])
    right = line.rstrip() == _first_line(position.truth + document.suffix).rstrip()
    count("right", right)
    in_parts = completion.is_part and position.truth.startswith(completion.text)
    count("in_parts", was_right and not right and in_parts)
    count("lost", was_right and not right and not in_parts)
    return found


def _is_right(position: Position, raw: str) -> bool:
    """The model wrote the rest of the line, with or without what stands after the cursor.

    Where the line was complete there is nothing to write, and nothing to lose.
    """
    written = _first_line(raw).rstrip()
    truth = _first_line(position.truth).rstrip()
    if not truth:
        return False
    rest = position.document.line_suffix.rstrip()
    return written in (truth, truth + rest)


def _first_line(text: str) -> str:
    return text.split("\n", 1)[0].rstrip("\r")


def _told(
    position: Position, completion: Completion | None, explanation: Explanation, found: list[str]
) -> dict[str, object]:
    document = position.document
    return {
        "repository": position.repository,
        "path": document.path,
        "offset": document.offset,
        "kind": position.kind,
        "line": f"{document.line_prefix}█{document.line_suffix}",
        "next": document.next_lines[:120],
        "truth": position.truth[:200],
        "raw": explanation.raw,
        "shown": completion and completion.text,
        "n_replaced": completion and completion.n_replaced,
        "skip": explanation.skip_reason,
        "verdicts": [[one.filter, one.before, one.after] for one in explanation.verdicts],
        "found": found,
        "features": explanation.features if completion else {},
        "logprobs": [token.logprob for token in completion.tokens] if completion else [],
    }


def table(rows: list[Row]) -> list[Row]:
    """The rows, a sum for each language, and one over all."""
    sums: dict[str, Row] = defaultdict(lambda: Row("all", "all"))
    for row in rows:
        sums[row.language] = replace(sums[row.language] + row, language=row.language)
        sums["~"] = sums["~"] + row
    return [*rows, *(sums[key] for key in sorted(sums))]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repos", type=Path, required=True)
    parser.add_argument("--a-language", type=int, default=420, metavar="N")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--answers", type=Path, help="keep the model's answers in this file")
    parser.add_argument("--journal", type=Path, help="write every verdict, as JSON lines")
    parser.add_argument("--output", type=Path, default=RESULTS)
    args = parser.parse_args()
    chosen = positions(args.repos, args.a_language, args.seed)
    with TemporaryDirectory() as folder:
        answers = args.answers or Path(folder) / "answers.jsonl"
        rows, model = asyncio.run(run(chosen, answers, args.journal))
    all_rows = table(rows)
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], capture_output=True, text=True
    ).stdout.strip()
    told = {**model, "commit": commit, "machine": f"{platform.machine()} {platform.system()}"}
    with args.output.open("w", newline="") as file:
        writer = csv.DictWriter(file, [*asdict(all_rows[0]), *told])
        writer.writeheader()
        writer.writerows({**asdict(row), **told} for row in all_rows)
    total = all_rows[-1]
    print(json.dumps(asdict(total)))
    broken = total.added_error + total.doubled_closer + total.leaked_marker
    return 1 if broken or total.lost > 0.02 * max(1, total.right_before_filters) else 0


if __name__ == "__main__":
    sys.exit(main())
