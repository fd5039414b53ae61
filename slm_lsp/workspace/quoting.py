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
class Owner:
    """A workspace folder, and what its settings say about quoting it."""

    root: Path
    include: tuple[str, ...]
    exclude: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OpenDocument:
    """A document in the editor; `path` is None when it is no file.

    `owner` is the other workspace folder that it lies in, if it lies in one.
    """

    path: Path | None
    shown: OpenText
    owner: Owner | None = None


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
        of, asked, kept_out = root, include, exclude
        if one.owner is not None:
            # Both have a say: whose file it is, and whose prompt.
            of, asked = one.owner.root, one.owner.include
            kept_out = (*one.owner.exclude, *exclude)
        elif one.path is not None and (root is None or not one.path.is_relative_to(root)):
            # What is asked for by `include` is a part of the repository, and of no other.
            of, asked = find_root(one.path.parent), ()
        # Without a folder there are no ignore files, but names and settings still count.
        of, asked = (of, asked) if of is not None else (Path(os.devnull), ())
        if of not in by_root:
            by_root[of] = Rules(of, asked, kept_out)
        name = one.shown.path if one.path is None else one.path.relative_to(of).as_posix()
        if by_root[of].allows(name) and not text_holds_secret(one.shown.text):
            found.append(one.shown)
    return found


# The same text is asked about at every key typed in another document.
@remembers(max_chars=1_000_000)
def text_holds_secret(text: str) -> bool:
    """Whether a key or token stands in an open document."""
    return holds_secret(text.encode("utf-8", "replace"))
