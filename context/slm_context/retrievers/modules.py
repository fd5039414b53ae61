"""What a module offers, when the cursor stands behind its name and a dot."""

from collections.abc import Sequence

from slm_context.retrievers.definitions import MEMBER_CHARS, shortened
from slm_context.tags import Definition
from slm_context.types import Origin, Snippet

MAX_LINES = 24
SCORE = 4.0


def module_snippet(
    path: str, name: str, offered: Sequence[Definition], used: frozenset[str]
) -> Snippet | None:
    """The public names of a module, those that the document uses elsewhere first."""
    public = [
        one
        for one in offered
        if one.name[0] != "_" and not one.scope and one.kind in ("class", "function", "constant")
    ]
    if not public:
        return None
    public = list({one.name: one for one in reversed(public)}.values())  # overloads once
    ranked = sorted(public, key=lambda one: (one.name not in used, one.kind == "constant"))
    lines = [shortened(one.signature, MEMBER_CHARS) for one in ranked[:MAX_LINES]]
    reason = f"the cursor stands behind the module {name}"
    return Snippet(path, "\n".join(lines) + "\n", 0, Origin.MEMBER, SCORE, reason)
