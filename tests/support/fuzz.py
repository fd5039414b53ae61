"""Coverage-guided mutation: inputs that reach new lines are kept and mutated further."""

import random
import sys
from collections.abc import Callable, Sequence
from types import CodeType, FrameType

# Values that parsers are wrong about: nothing, everything, one less, the sign bit.
EDGES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**64 - 1)


def explore(
    target: Callable[[bytes], None],
    seeds: Sequence[bytes],
    files: Sequence[str],
    n_runs: int,
    *,
    words: Sequence[bytes] = (),
    seed: int = 0,
) -> int:
    """Call `target` with mutations of `seeds`; the result is how many lines of `files` were run.

    Whatever `target` raises is a finding, with the input attached to it.
    """
    rng = random.Random(seed)
    corpus = list(seeds)
    seen: set[tuple[str, int]] = set()
    for content in seeds:
        seen |= _lines_of(target, content, files)
    for _ in range(n_runs):
        content = mutated(rng.choice(corpus), corpus, words, rng)
        lines = _lines_of(target, content, files)
        if not lines <= seen:
            seen |= lines
            corpus.append(content)
    return len(seen)


def mutated(
    content: bytes, corpus: Sequence[bytes], words: Sequence[bytes], rng: random.Random
) -> bytes:
    """A few random changes of a few kinds."""
    changed = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        at = rng.randrange(len(changed) + 1)
        match rng.randrange(8):
            case 0 if changed:
                changed[at - 1] ^= 1 << rng.randrange(8)
            case 1:
                del changed[at : at + rng.choice((1, 4, 8, 100, len(changed)))]
            case 2:
                size = rng.choice((1, 2, 4, 8))
                edge = rng.choice(EDGES) % 256**size
                changed[at : at + size] = edge.to_bytes(size, "little")
            case 3:
                changed[at:at] = rng.randbytes(rng.choice((1, 8, 300)))
            case 4 if words:
                changed[at:at] = rng.choice(words)
            case 5:
                other = rng.choice(corpus)
                begin = rng.randrange(len(other) + 1)
                changed[at : at + rng.randrange(64)] = other[begin : begin + rng.randrange(200)]
            case 6:
                size = rng.randrange(1, 200)
                changed[at:at] = changed[at : at + size] * rng.choice((1, 2, 50))
            case _:
                del changed[at:]
    return bytes(changed[:1_000_000])


def _lines_of(
    target: Callable[[bytes], None], content: bytes, files: Sequence[str]
) -> set[tuple[str, int]]:
    lines: set[tuple[str, int]] = set()
    wanted: dict[CodeType, bool] = {}

    def trace(frame: FrameType, event: str, _: object) -> object:
        code = frame.f_code
        if code not in wanted:
            wanted[code] = code.co_filename.endswith(tuple(files))
        if not wanted[code]:
            return None
        if event == "line":
            lines.add((code.co_filename, frame.f_lineno))
        return trace

    before = sys.gettrace()
    sys.settrace(trace)  # type: ignore[arg-type]
    try:
        target(content)
    except Exception as error:
        error.add_note(f"input: {content[:2000]!r}")
        raise
    finally:
        sys.settrace(before)
    return lines
