"""Which open documents the prompt of another one may quote: what could be read from the disk."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from slm_context.gather import OpenText
from slm_context.remembered import remembers

from slm_lsp.config.files import find_root
from slm_lsp.workspace.scan import Rules
from slm_lsp.workspace.secrets import holds_secret


@dataclass(frozen=True, slots=True)
class OpenDocument:
    """A document in the editor; `path` is None when it is no file."""

    path: Path | None
    shown: OpenText


def quotable(
    documents: Sequence[OpenDocument],
    root: Path | None,
    include: Sequence[str],
    exclude: Sequence[str],
) -> list[OpenText]:
    """What is left of `documents` by the rules of the repository that each lies in."""
    by_root: dict[Path, Rules] = {}
    found: list[OpenText] = []
    for one in documents:
        of = root
        if one.path is not None and (root is None or not one.path.is_relative_to(root)):
            of = find_root(one.path.parent)
        # Without a folder there are no ignore files, but names and settings still count.
        of = of if of is not None else Path(os.devnull)
        if of not in by_root:
            # What is asked for by `include` is a part of the repository, and of no other.
            by_root[of] = Rules(of, include if of == root else (), exclude)
        name = one.shown.path if one.path is None else one.path.relative_to(of).as_posix()
        if by_root[of].allows(name) and not text_holds_secret(one.shown.text):
            found.append(one.shown)
    return found


# The same text is asked about at every key typed in another document.
@remembers(max_chars=1_000_000)
def text_holds_secret(text: str) -> bool:
    """Whether a key or token stands in an open document."""
    return holds_secret(text.encode("utf-8", "replace"))
