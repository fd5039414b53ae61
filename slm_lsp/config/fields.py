"""How a setting is declared: one field that carries its meaning, its limits and who may set it."""

from collections.abc import Callable
from dataclasses import field
from enum import StrEnum
from typing import Any, TypeVar

T = TypeVar("T")


class Merge(StrEnum):
    """What a later layer does to the value of an earlier one."""

    REPLACE = "replace"
    ADD_UP = "add up"  # lists of exclusions: no layer can take away what another excluded
    ONLY_ON = "only on"  # once true, no later layer makes it false
    ONLY_OFF = (
        "only off"  # a repository switches it off, and not on where the person switched it off
    )
    USER_FIRST = "user first"  # a repository fills it in, but does not change what a person chose


class SetBy(StrEnum):
    """Who may set a value. A cloned repository is untrusted input."""

    ANYONE = "anyone"
    USER = "user"  # the person, in the user's file or in the editor; never a repository


def setting(
    default: T,
    says: str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    pattern: str | None = None,
    pattern_says: str | None = None,
    wrong_with: Callable[[str], str | None] | None = None,
    merge: Merge = Merge.REPLACE,
    set_by: SetBy = SetBy.ANYONE,
    examples: tuple[object, ...] = (),
) -> T:
    """A field of a section: its default, its meaning, its limits.

    `wrong_with` says what is wrong with a string that `pattern` lets through.
    """
    rules: dict[str, Any] = {
        "says": says,
        "minimum": minimum,
        "maximum": maximum,
        "pattern": pattern,
        "pattern_says": pattern_says,
        "wrong_with": wrong_with,
        "merge": merge,
        "set_by": set_by,
        "examples": examples,
    }
    return field(default=default, metadata=rules)  # type: ignore[return-value]


def section(kind: type[T], says: str) -> T:
    """A section of its own, made of defaults."""
    return field(default_factory=kind, metadata={"says": says})  # type: ignore[return-value]
