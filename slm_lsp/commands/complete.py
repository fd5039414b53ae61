"""`slm-lsp complete FILE:LINE:COL`: one suggestion, without an editor."""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from slm_context.cursor import LINE_END, DocumentContext, line_starts
from slm_context.languages import language_for

from slm_lsp import sandbox
from slm_lsp.completion.types import Completion, CompletionRequest, Explanation, Trigger
from slm_lsp.documents import encodable
from slm_lsp.errors import SlmError, WorkerDied
from slm_lsp.printable import clip
from slm_lsp.regular_file import open_regular

NOTHING_TO_SUGGEST = 3
BINARY_PROBE_BYTES = 8192
# `int` refuses thousands of them.
MAX_DIGITS = 18


class UnusablePlace(SlmError):
    """FILE:LINE:COL does not name a place in a text file."""


@dataclass(frozen=True, slots=True)
class Place:
    """FILE:LINE:COL, both counted from 1 as editors and compilers print them."""

    path: Path
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the engine said."""

    document: DocumentContext
    completion: Completion | None
    explanation: Explanation | None
    model: str
    elapsed_ms: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "place",
        metavar="FILE:LINE:COL",
        help="where the cursor stands; lines, and characters in a line, count from 1",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--explain", action="store_true", help="tell how the suggestion came about")
    parser.epilog = "Exit code: 0 suggestion, 1 error, 3 nothing to suggest."


def give_up(args: argparse.Namespace) -> None:
    """What the server gives up, before any source is read and any thread started."""
    from slm_lsp.places import own_folders
    from slm_lsp.sandbox import enter_server_sandbox

    enter_server_sandbox(own_folders())


def run(args: argparse.Namespace) -> int:
    place = parse_place(args.place)
    document = read_document(place)
    outcome = asyncio.run(complete(document, place.path.absolute()))
    if args.json:
        print(json.dumps(as_json(outcome, args.explain), indent=2))
    else:
        show(outcome, args.explain)
    return 0 if outcome.completion is not None else NOTHING_TO_SUGGEST


def parse_place(text: str) -> Place:
    """`"a/b.py:12:5"` → its parts; the file's name may hold colons."""
    name, *numbers = text.rsplit(":", 2)
    if len(numbers) != 2 or not all(number.isdecimal() for number in numbers) or not name:
        raise UnusablePlace(f"{text!r} is not FILE:LINE:COL, such as src/app.py:12:5")
    if max(map(len, numbers)) > MAX_DIGITS:
        raise UnusablePlace(f"no file has so many lines or columns as {clip(text, 60)!r} says")
    line, column = map(int, numbers)
    if line < 1 or column < 1:
        raise UnusablePlace(f"{text!r}: lines and columns count from 1")
    return Place(Path(name), line, column)


def read_document(place: Place) -> DocumentContext:
    """The file, split at the place."""
    text = read_text(place.path)
    lines = LINE_END.split(text)
    if place.line > len(lines):
        raise UnusablePlace(f"{place.path} has {_n(len(lines), 'line')}, not {place.line}")
    line = lines[place.line - 1]
    if place.column > len(line) + 1:
        raise UnusablePlace(
            f"line {place.line} of {place.path} has {_n(len(line), 'character')}, so its columns "
            f"are 1 to {len(line) + 1}, not {place.column}"
        )
    starts = line_starts(text)
    path = shown_path(place.path)
    return DocumentContext(
        path,
        language_for(path, None, lines[0]),
        text,
        starts[place.line - 1] + place.column - 1,
    )


def read_text(path: Path) -> str:
    try:
        with open_regular(path) as file:
            content = file.read()
    except OSError as error:
        raise UnusablePlace(f"cannot read {path}: {error.strerror}") from error
    if b"\0" in content[:BINARY_PROBE_BYTES]:
        raise UnusablePlace(f"{path} is a binary file")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnusablePlace(f"{path} is not UTF-8 text: see byte {error.start}") from error


def shown_path(path: Path) -> str:
    """The file's name as the model is told: inside its repository, if it is in one."""
    from slm_lsp.config.files import find_root

    full = path.absolute()
    return encodable(full.relative_to(find_root(full.parent)).as_posix())


async def complete(document: DocumentContext, path: Path) -> Outcome:
    """Ask a fresh inference process, started for this one question."""
    from slm_lsp.assembly import build_client, build_engine
    from slm_lsp.config.files import find_root
    from slm_lsp.config.source import load
    from slm_lsp.inference.client import WorkerState
    from slm_lsp.workspace.service import Workspace

    root = find_root(path.parent)
    resolved = load(root)
    settings = resolved.settings
    for complaint in resolved.complaints:
        if not complaint.stops:  # what stops is said, once, where it does
            print(complaint, file=sys.stderr)
    if settings.privacy.require_sandbox:
        sandbox.demand(sandbox.current())
    client = await build_client(settings)
    workspace = Workspace(root, settings)
    try:
        workspace.start()
        await workspace.opened(document.language, document.path, document.text)
        await client.start()
        if client.state is not WorkerState.READY or client.model is None:
            raise WorkerDied(client.detail)
        await workspace.settled()
        engine = build_engine(
            client,
            settings,
            gather=lambda at: workspace.gather(at, ()),
            defined=workspace.defined,
            expect=lambda at: workspace.expected(at, ()),
        )
        request = CompletionRequest(path.as_uri(), 1, document, Trigger.INVOKED)
        started = time.perf_counter()
        completion = await engine.complete(request)
        elapsed_ms = (time.perf_counter() - started) * 1000
        return Outcome(document, completion, engine.explain_last, client.model.name, elapsed_ms)
    finally:
        await workspace.close()
        await client.close()


def as_json(outcome: Outcome, explain: bool) -> dict[str, object]:
    found, explanation = outcome.completion, outcome.explanation
    said = {
        "suggestion": None if found is None else found.text,
        "replaces": "" if found is None else outcome.document.suffix[: found.n_replaced],
        "skip_reason": explanation.skip_reason if explanation else None,
        "model": outcome.model,
        "elapsed_ms": round(outcome.elapsed_ms, 1),
    }
    if explain:
        said["explanation"] = asdict(explanation) if explanation else None
    return said


def show(outcome: Outcome, explain: bool) -> None:
    """The line with the suggestion marked to stdout, everything else to stderr."""
    document, found = outcome.document, outcome.completion
    if found is None:
        reason = outcome.explanation.skip_reason if outcome.explanation else None
        print(f"nothing to suggest: {reason or 'the model ended at once'}", file=sys.stderr)
    else:
        rest = document.line_suffix[found.n_replaced :]
        print(f"{document.line_prefix}├{found.text}┤{rest}")
    if explain and outcome.explanation is not None:
        print(told(outcome.explanation))
    print(f"{outcome.model}, {outcome.elapsed_ms:.0f} ms", file=sys.stderr)


def told(explanation: Explanation) -> str:
    """The explanation for people; docs/explain.md says what each part means."""
    n_read = sum(len(segment["text"]) for segment in explanation.prompt)
    changes = [
        f"{verdict.filter}: {'dropped' if verdict.after is None else repr(verdict.after)}"
        for verdict in explanation.verdicts
        if verdict.changed
    ]
    return "\n".join(
        [
            "",
            *_part(
                f"prompt, {n_read:,} characters",
                [f"[{s['part']}] {s['text']!r}" for s in explanation.prompt],
                "the model was not asked",
            ),
            *_part("snippets", map(_snippet, explanation.snippets), "none"),
            *_part("left out", map(_snippet, explanation.left_out), "nothing"),
            *_part("may come, likelier by so many nats", explanation.expected, "nothing is known"),
            f"raw: {explanation.raw!r}",
            *_part("filters", changes, "changed nothing"),
            *_part("timings", [f"{k} {ms:.1f} ms" for k, ms in explanation.timings_ms.items()], ""),
        ]
    )


def _part(name: str, lines: Iterable[str], nothing: str) -> list[str]:
    """A heading with its lines below; where there are none, what that means."""
    below = [f"  {line}" for line in lines]
    return [f"{name}:", *below] if below else [f"{name}: {nothing}"]


def _snippet(told: dict[str, object]) -> str:
    return "{path}:{line} ({origin}, score {score}): {reason}".format_map(told)


def _n(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
