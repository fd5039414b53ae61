"""Which open documents the prompt of another one may quote: what could be read from the disk."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from slm_context.gather import OpenText
from slm_context.remembered import remembers

from slm_lsp.config.files import find_root
from slm_lsp.paths import resolved
from slm_lsp.patience import Patiently
from slm_lsp.workspace.git import top_of
from slm_lsp.workspace.scan import Rules, is_of_another_worktree
from slm_lsp.workspace.secrets import holds_secret

# Whether the disk that a document lies on, or that a link leads to, answers now.
_disks = Patiently(os.path.exists, remembers=0, patience_s=1.0)


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


class _Question(NamedTuple):
    """Whether the file called `name` below a root may be read by the rules of that."""

    root: Path
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    name: str


def quotable(
    documents: Sequence[OpenDocument],
    root: Path | None,
    include: Sequence[str],
    exclude: Sequence[str],
) -> list[OpenText]:
    """What is left of `documents` by the rules of every folder that each lies in."""
    made: dict[tuple[Path, tuple[str, ...], tuple[str, ...]], Rules] = {}

    def allowed(asked: _Question) -> bool:
        by = asked[:3]
        if by not in made:
            made[by] = Rules(*by)
        return made[by].allows(asked.name) and not is_of_another_worktree(asked.root, asked.name)

    asking = Owner(root, tuple(include), tuple(exclude)) if root is not None else None
    return [
        one.shown
        for one in documents
        # By whose rules it may be quoted, a disk that does not answer tells nobody.
        if (one.path is None or _disks.ask(one.path) is not None)
        and all(map(allowed, dict.fromkeys(_questions(one, asking, tuple(exclude)))))
        and not text_holds_secret(one.shown.text)
    ]


def _questions(
    one: OpenDocument, asking: Owner | None, exclude: tuple[str, ...]
) -> Iterator[_Question]:
    """To be answered with yes, all of them: whose file it is has a say, and whose prompt."""
    if one.path is None:
        # Without a folder there are no ignore files, but names and settings still count.
        by = asking or Owner(Path(os.devnull), (), exclude)
        yield _Question(by.root, by.include, by.exclude, one.shown.path)
        return
    owners = [asking] if asking is not None else []
    if one.owner is not None:
        exclude = (*one.owner.exclude, *exclude)
        owners.append(Owner(one.owner.root, one.owner.include, exclude))
    # A link leads around nothing that is said of the file itself.
    for path, as_named in ((one.path, Path), (resolved(one.path), resolved)):
        inside = [(by, at) for by in owners if path.is_relative_to(at := as_named(by.root))]
        for by, at in inside:
            name = path.relative_to(at).as_posix()
            yield _Question(by.root, by.include, by.exclude, name)
        if not inside:
            # What is asked for by `include` is a part of the repository, and of no other.
            of = top_of(path.parent) or find_root(path.parent)
            yield _Question(of, (), exclude, path.relative_to(of).as_posix())


# The same text is asked about at every key typed in another document.
@remembers(max_chars=1_000_000)
def text_holds_secret(text: str) -> bool:
    """Whether a key or token stands in an open document."""
    return holds_secret(text.encode("utf-8", "replace"))
