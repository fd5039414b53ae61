"""What scripts/demo shows: one line of a real file, completed by the real server over stdio."""

import asyncio
import socket
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# `tests` is no part of what is installed, and the client that speaks raw JSON-RPC lies there.
sys.path.insert(0, str(ROOT))

from slm_context.cursor import DocumentContext  # noqa: E402 - after the path is set

from slm_lsp.commands.complete import parse_place, read_document  # noqa: E402
from slm_lsp.errors import SlmError  # noqa: E402
from tests.support.editor import Editor  # noqa: E402

# A line of this repository, cut off where the cursor is; found by its text, since lines move.
FILE, LINE, CUT = "slm_lsp/documents.py", "        return self._text", "        return "


def default_place() -> str:
    lines = (ROOT / FILE).read_text(encoding="utf-8").split("\n")
    return f"{FILE}:{lines.index(LINE) + 1}:{len(CUT) + 1}"


def main() -> int:
    try:
        place = parse_place(sys.argv[1] if len(sys.argv) > 1 else default_place())
        document = read_document(place)
    except SlmError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    return asyncio.run(demo(place.path.absolute(), document, place.line - 1, place.column - 1))


async def demo(path: Path, document: DocumentContext, at_line: int, at_column: int) -> int:
    before = document.line_prefix

    started = time.perf_counter()
    async with Editor.start("--log-level", "error") as editor:
        await editor.initialize(encodings=("utf-32",), root=ROOT)
        # As if the rest of the line had not been written yet.
        rest = document.suffix[len(document.line_suffix) :]
        editor.open(path.as_uri(), document.prefix + rest)
        items = await editor.inline(path.as_uri(), at_line, at_column)
        first_ms = (time.perf_counter() - started) * 1000
        status = await editor.status()
        explained = await editor.command("slm.explain")
        await editor.shutdown()
        await editor.exit_code()

    shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
    print(f"{shown}, line {at_line + 1}:\n")
    for item in items:
        print(f"    {before}├{item['insertText']}┤")
    if not items:
        print(f"    {before}   (nothing to suggest: {explained['skip_reason']})")
    model, worker = status["model"], status["worker"]
    if model is None:
        print(f"\n{status['message']}", file=sys.stderr)
        return 1
    n_read = sum(len(part["text"]) for part in explained["prompt"])
    print(
        f"\n{model['name']} ({model['parameters'] / 1e6:.1f} M parameters, "
        f"{model['quantization']}) took {explained['timings_ms']['total']:.0f} ms "
        f"to read {n_read:,} characters and to write these; "
        f"{first_ms:.0f} ms since the server was started."
    )
    print(network(worker["sandbox"]))
    return 0 if items else 1


def network(sandbox: str) -> str:
    """Which guard kept everything here from the network."""
    guard = sandbox.partition(": ")[2] or sandbox
    interfaces = [name for _, name in socket.if_nameindex() if name != "lo"]
    if not interfaces:
        also = (
            ""
            if sandbox == "none"
            else f"\nWithin it, the model's process was guarded, too: {guard}."
        )
        return (
            "No network was used: all of this ran in a network namespace of its own, which has no "
            f"way out.{also}"
        )
    if sandbox != "none":
        return f"No network was used by the model's process: {guard}."
    return (
        "No network was used, but nothing here could prove it: this system allows neither a "
        "network namespace nor a sandbox."
    )


if __name__ == "__main__":
    sys.exit(main())
