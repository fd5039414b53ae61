"""One value against its spec: the value as it will be used, or a sentence about what is wrong."""

import difflib
import json
import math
import re
from collections.abc import Iterable
from typing import Any

from slm_lsp.config.specs import Spec
from slm_lsp.printable import clip

# More patterns than this are a mistake, and would be matched against every file.
MAX_ITEMS = 1000

KIND_SAYS = {str: "a string", int: "a whole number", float: "a number", bool: "true or false"}


class Wrong(Exception):
    """The value is not what the spec asks for. `index` is set for an item of a list."""

    def __init__(self, message: str, index: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.index = index


def checked(spec: Spec, value: Any) -> Any:
    """The value, of the type that the setting has. Raises `Wrong`."""
    if spec.kind is tuple:
        return _checked_list(spec, value)
    return _checked_one(spec, spec.kind, value)


def expected(spec: Spec) -> str:
    """What a value has to be, as in "a whole number from 1 to 9"."""
    if spec.is_section:
        return "a table"
    if spec.kind is tuple:
        one = spec.rules.get("pattern_says")
        return f"a list of strings, each {one}" if one else "a list of strings"
    if spec.kind is str and spec.rules.get("pattern_says"):
        return f"a string: {spec.rules['pattern_says']}"
    return KIND_SAYS[spec.kind] + _limits(spec)


def shown(value: Any) -> str:
    """A wrong value as it stands in a message: short, and on one line."""
    try:
        return clip(json.dumps(value, ensure_ascii=False, default=str))
    except (ValueError, RecursionError, TypeError):
        return f"this {type(value).__name__}"


def did_you_mean(word: str, known: Iterable[str], separator: str = "_") -> str:
    """`, did you mean …?`, or the list of what is known when nothing is near."""
    names = list(known)
    plain = re.sub("[-_ ]", separator, word[:60].lower())
    near = difflib.get_close_matches(plain, names, n=1, cutoff=0.6)
    if near:
        return f", did you mean `{near[0]}`?"
    return f"; known here: {', '.join(names)}"


def _checked_list(spec: Spec, value: Any) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)):
        raise Wrong(f"`{spec.key}` is {expected(spec)}, not {shown(value)}")
    if len(value) > MAX_ITEMS:
        raise Wrong(f"`{spec.key}` has {len(value)} items; {MAX_ITEMS} are the most")
    items: list[str] = []
    for index, item in enumerate(value):
        try:
            items.append(_checked_one(spec, str, item))
        except Wrong as wrong:
            raise Wrong(wrong.message, index) from None
    return tuple(items)


def _checked_one(spec: Spec, kind: type, value: Any) -> Any:
    # bool is an int in Python, but `n_ctx = true` is a mistake.
    fits = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        fits = abs(value) < 2**53
        value = float(value) if fits else value
    if kind is float and isinstance(value, float):
        fits = math.isfinite(value)
    if not fits or not _within(spec, value):
        raise Wrong(f"`{spec.key}` is {expected(spec)}, not {shown(value)}")
    wrong_with = spec.rules.get("wrong_with")
    if wrong_with is not None and (wrong := wrong_with(value)) is not None:
        raise Wrong(f"`{spec.key}`: {shown(value)} {wrong}")
    return value


def _within(spec: Spec, value: Any) -> bool:
    if isinstance(value, str):
        pattern = spec.rules.get("pattern")
        return pattern is None or re.fullmatch(pattern, value) is not None
    minimum, maximum = spec.rules.get("minimum"), spec.rules.get("maximum")
    return (minimum is None or value >= minimum) and (maximum is None or value <= maximum)


def _limits(spec: Spec) -> str:
    minimum, maximum = spec.rules.get("minimum"), spec.rules.get("maximum")
    if minimum is not None and maximum is not None:
        return f" from {minimum:g} to {_plain(maximum)}"
    return f" of at least {_plain(minimum)}" if minimum is not None else ""


def _plain(number: float) -> str:
    return str(int(number)) if number == int(number) else str(number)
