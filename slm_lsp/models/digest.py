"""sha256 of model files, remembered for as long as a file stays untouched."""

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path

from slm_lsp.places import cache_folder

# Large enough that Python's part of the work vanishes, small enough to stay in the cache.
BLOCK_BYTES = 1 << 20
# File times are as coarse as the kernel's tick, 10 ms at most; ten times that on network disks.
CLOCK_TICK_NS = 100_000_000


def sha256_of(path: Path, progress: Callable[[int], None] | None = None) -> str:
    """Read the whole file. `progress` hears the number of bytes of each block."""
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        block = memoryview(bytearray(BLOCK_BYTES))
        while n_bytes := file.readinto(block):
            digest.update(block[:n_bytes])
            if progress is not None:
                progress(n_bytes)
    return digest.hexdigest()


def known_sha256(path: Path) -> str:
    """The file's sha256, from a note of ours if the file was not touched since.

    The note names inode, size, mtime and ctime; whatever writes to the file or puts another in
    its place changes one of them. Bits that rot on the disk do not: `models verify` reads all.
    """
    note = _note_of(path)
    before = _fingerprint(path)
    try:
        remembered = json.loads(note.read_text(encoding="utf-8"))
        if remembered["fingerprint"] == before and isinstance(remembered["sha256"], str):
            return remembered["sha256"]
    except (OSError, ValueError, KeyError, TypeError):
        pass  # no note, or not one of ours: read the file
    sha256 = sha256_of(path)
    if _fingerprint(path) == before and _settled(path):
        remember_sha256(path, sha256)
    return sha256


def remember_sha256(path: Path, sha256: str) -> None:
    """Leave a note about a file that was just read or written in full."""
    note = _note_of(path)
    mine = note.with_name(f"{note.name}.{os.getpid()}")
    try:
        note.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        mine.write_text(
            json.dumps({"fingerprint": _fingerprint(path), "sha256": sha256}), encoding="utf-8"
        )
        mine.replace(note)
    except OSError:  # no room, or read-only: the next start reads the file again
        with contextlib.suppress(OSError):
            mine.unlink()


def _settled(path: Path) -> bool:
    """Whether a write after this moment is sure to change the file's times."""
    return time.time_ns() - path.stat().st_ctime_ns > CLOCK_TICK_NS


def _fingerprint(path: Path) -> list[int]:
    stat = path.stat()
    return [stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns]


def _note_of(path: Path) -> Path:
    key = hashlib.sha256(os.fsencode(path.absolute())).hexdigest()[:32]
    return cache_folder() / "digests" / f"{key}.json"
