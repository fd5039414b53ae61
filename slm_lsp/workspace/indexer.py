"""Bringing an index up to date: what changed is parsed, in processes of low priority.

Run as a process by `service`: one JSON object on stdin says what to do, lines of JSON on stdout
say how far it is. It ends when it is done.
"""

import contextlib
import gc
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import blake2b
from pathlib import Path

from slm_context.entries import FileStamp, IndexedFile
from slm_context.index import Index
from slm_context.languages import language_for
from slm_context.references import uses_of
from slm_context.tags import FileTags, tags_of

from slm_lsp.documents import encodable
from slm_lsp.inference.cpu import usable_cpus
from slm_lsp.workspace.scan import (
    Rules,
    SourceFile,
    is_of_another_worktree,
    is_own_file,
    read_source,
    scan,
)

# Files that one process parses before it hands over: enough to be worth the way, and few enough
# that what is written shows soon.
CHUNK = 64
WRITTEN_AT_ONCE = 1024
# Fewer are parsed sooner than another process starts.
WORTH_PROCESSES = 200
# More would wait for the disk, and for the one that writes.
MAX_PROCESSES = 16
NICE = 15

LOG = logging.getLogger("slm_lsp.workspace")

Progress = Callable[[int, int], None]
Parse = Callable[[bytes, str], FileTags]


def update(
    index: Index,
    rules: Rules,
    n_processes: int = 1,
    progress: Progress = lambda done, of: None,
) -> tuple[int, int]:
    """Read what is new or changed below the root, and forget what is gone.

    Returns how many files were read and how many forgotten.
    """
    known = index.stamps()
    found = {one.path: one for one in scan(rules) if _is_text(one.path)}
    changed = [one for one in found.values() if known.get(one.path) != one.stamp]
    # A touch, or a branch left and entered again, changes times and no content.
    digests = index.digests() if known else {}
    gone = [path for path in known if path not in found]
    progress(0, len(changed))
    for start in range(0, len(gone), WRITTEN_AT_ONCE):
        index.write([], gone[start : start + WRITTEN_AT_ONCE])
    n_done, waiting = 0, list[IndexedFile]()
    for chunk in _tagged(rules.root, changed, digests, n_processes):
        waiting += chunk
        n_done += len(chunk)
        if len(waiting) >= WRITTEN_AT_ONCE:
            index.write(waiting)
            waiting.clear()
            progress(n_done, len(changed))
    index.write(waiting)
    progress(len(changed), len(changed))
    return len(changed), len(gone)


def update_file(index: Index, rules: Rules, path: str, parse: Parse = tags_of) -> None:
    """Read one file again, or forget it when it is gone or may not be read."""
    language = language_for(path)
    if not _is_text(path):
        return
    try:
        status = (rules.root / path).lstat()
    except OSError:
        return index.write([], [path])
    if language is None or not rules.allows(path) or not is_own_file(rules.root, path):
        return index.write([], [path])
    if is_of_another_worktree(rules.root, path):
        return index.write([], [path])
    stamp = FileStamp(status.st_size, status.st_mtime_ns)
    index.write([tagged(rules.root, SourceFile(path, language, stamp), index.digest(path), parse)])


def tagged(root: Path, file: SourceFile, known: str = "", parse: Parse = tags_of) -> IndexedFile:
    """A file with its tags; one that may not be read has none, and is not tried again.

    The tags are None, and stay what they were, where the content is as `known`.
    """
    content = read_source(root / file.path)
    if content is None:
        return IndexedFile(file.path, file.language, file.stamp, FileTags())
    digest = blake2b(content, digest_size=8).hexdigest()
    if digest == known:
        return IndexedFile(file.path, file.language, file.stamp, None, digest)
    try:
        tags = parse(content, file.language)
    except Exception:  # a file that somebody may have made for it must not cost all others
        LOG.debug("%s could not be parsed and is left out", file.path, exc_info=True)
        tags = FileTags()
    return IndexedFile(file.path, file.language, file.stamp, tags, digest, uses_of(content))


def _is_text(path: str) -> bool:
    """Whether a file's name is UTF-8: SQLite takes no other, and a prompt can show no other."""
    return encodable(path) == path


def _tagged(
    root: Path, files: list[SourceFile], digests: Mapping[str, str], n_processes: int
) -> Iterator[list[IndexedFile]]:
    chunks = [files[start : start + CHUNK] for start in range(0, len(files), CHUNK)]

    def work(chunk: list[SourceFile]) -> list[IndexedFile]:
        return [tagged(root, one, digests.get(one.path, "")) for one in chunk]

    if n_processes < 2 or len(files) < WORTH_PROCESSES or not hasattr(os, "fork"):
        yield from map(work, chunks)
        return
    # Here, since the server imports this module and must not be able to fork by it.
    from slm_lsp.workspace.parallel import spread

    yield from spread(work, chunks, n_processes)


def main() -> None:
    """The process: `{"root", "index", "include", "exclude", "files"}` → lines of progress."""
    # A person types meanwhile.
    with contextlib.suppress(OSError, AttributeError):
        os.nice(NICE)
    # What is made here holds no cycles, and looking for some takes a tenth of the time.
    gc.disable()
    asked = json.loads(sys.stdin.buffer.read())
    rules = Rules(Path(asked["root"]), asked["include"], asked["exclude"])
    started = time.perf_counter()
    index = Index(Path(asked["index"]))

    def told(**said: object) -> None:
        print(json.dumps(said), flush=True)

    update(index, rules, min(usable_cpus(), MAX_PROCESSES), lambda done, of: told(done=done, of=of))
    n_files, n_definitions = index.count()
    index.close()
    elapsed_ms = round((time.perf_counter() - started) * 1000)
    told(files=n_files, definitions=n_definitions, elapsed_ms=elapsed_ms)


def write_request(root: Path, index: Path, include: Iterable[str], exclude: Iterable[str]) -> bytes:
    """What `main` reads."""
    asked = {
        "root": str(root),
        "index": str(index),
        "include": list(include),
        "exclude": list(exclude),
    }
    return json.dumps(asked).encode()
