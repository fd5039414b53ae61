"""What a running server holds on to: every container that can be reached, and all text in them."""

import functools
import gc
import sys
import types
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

OURS = ("slm_lsp", "slm_context", "slm_prompts")
CONTAINERS = (dict, list, set, frozenset, tuple, deque)
# Where the walk ends: code, and what belongs to the interpreter.
CLOSED = (type, types.ModuleType, types.CodeType, types.FrameType, types.BuiltinFunctionType)


@dataclass(frozen=True, slots=True)
class Held:
    """How many entries each container has, by the way to it, and how many characters there are."""

    sizes: dict[str, int]
    n_chars: int

    def grown_since(self, before: "Held", allowed: int) -> dict[str, tuple[int, int]]:
        """The containers with more entries than before, which had none if they were not there."""
        return {
            way: (before.sizes.get(way, 0), size)
            for way, size in self.sizes.items()
            if size > before.sizes.get(way, 0) + allowed
        }


def held_by(**roots: object) -> Held:
    """What can be reached from here, and from everything that our modules keep."""
    sizes: dict[str, int] = {}
    n_chars = 0
    seen: set[int] = set()
    waiting: deque[tuple[str, Any]] = deque(roots.items())
    waiting += [(name, vars(module)) for name, module in _modules()]
    while waiting:
        way, one = waiting.popleft()
        if id(one) in seen or isinstance(one, CLOSED):
            continue
        seen.add(id(one))
        if isinstance(one, str | bytes | bytearray):
            n_chars += len(one)
            continue
        size = _size(one)
        if size:
            sizes[way] = max(size, sizes.get(way, 0))
        waiting += _inside(way, one)
    return Held(sizes, n_chars)


def _modules() -> list[tuple[str, types.ModuleType]]:
    return [
        (name, module) for name, module in list(sys.modules.items()) if name.split(".")[0] in OURS
    ]


def _size(one: Any) -> int:
    if isinstance(one, functools._lru_cache_wrapper):
        return one.cache_info().currsize
    if isinstance(one, deque) and one.maxlen is not None:
        return 0  # it says itself how long it may get
    return len(one) if isinstance(one, CONTAINERS) else 0


def _inside(way: str, one: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(one, types.FunctionType):
        # What a decorator keeps lies in cells; globals are walked by themselves.
        for cell in one.__closure__ or ():
            yield f"{way}()", cell
    elif isinstance(one, dict):
        for key, value in list(one.items()):
            yield f"{way}[]", key
            # Names of attributes and of globals say where something is; keys of a cache do not.
            named = isinstance(key, str) and key.isidentifier() and len(one) < 200
            yield (f"{way}.{key}" if named else f"{way}[]"), value
    elif isinstance(one, CONTAINERS):
        for value in list(one):
            yield f"{way}[]", value
    else:
        named = {**getattr(one, "__dict__", {}), **_slots(one)}
        yield from ((f"{way}.{name}", value) for name, value in named.items())
        yield from ((way, value) for value in gc.get_referents(one))


def _slots(one: Any) -> dict[str, Any]:
    names = [name for kind in type(one).__mro__ for name in vars(kind).get("__slots__", ())]
    return {name: getattr(one, name) for name in names if hasattr(one, name)}
