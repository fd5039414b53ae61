"""The lists of all retrievers made one, and cut to what a prompt has room for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from slm_context.cursor import DocumentContext
from slm_context.retrievers.similar import jaccard, words_of
from slm_context.types import Dropped, Origin, Snippet

# Reciprocal-rank fusion (Cormack, Clarke and Büttcher 2009), with a small constant: the first of
# a list counts clearly more than the second.
RANK_CONSTANT = 4
WEIGHTS = {
    Origin.MEMBER: 1.5,
    Origin.DIAGNOSTIC: 1.5,
    Origin.PACKAGE: 1.0,
    Origin.DEFINITION: 1.0,
    Origin.RECENT_EDIT: 0.9,
    Origin.COUNTERPART: 0.7,
    Origin.SIMILAR: 0.6,
}
# A snippet whose words are mostly on the screen already says nothing new.
ON_SCREEN = 0.8
# No file gets more than this part of the room: few, but more than one. What the thing before the
# dot offers is a list, and what comes next is one of it.
LARGEST_SHARE = 0.34
SHARES = {Origin.MEMBER: 0.6, Origin.PACKAGE: 0.5}


@dataclass(frozen=True, slots=True)
class Limits:
    """What a prompt has room for, and the time there is."""

    n_snippets: int
    n_chars: int
    deadline_ms: float


def fused(lists: Sequence[Sequence[Snippet]]) -> list[Snippet]:
    """One list, best first; a file found twice counts twice and is shown as it was found first."""
    scores: dict[str, float] = {}
    first: dict[str, Snippet] = {}
    for snippets in lists:
        for rank, snippet in enumerate(snippets):
            weight = WEIGHTS.get(snippet.origin, 0.5)
            gained = weight / (RANK_CONSTANT + rank)
            scores[snippet.path] = scores.get(snippet.path, 0.0) + gained
            first.setdefault(snippet.path, snippet)
    ranked = sorted(first.values(), key=lambda one: (-scores[one.path], one.path))
    return [replace(one, score=round(scores[one.path], 4)) for one in ranked]


def fit(
    ranked: Sequence[Snippet], document: DocumentContext, limits: Limits
) -> tuple[tuple[Snippet, ...], tuple[Dropped, ...]]:
    """What fits, in prompt order, and what does not, with the reason."""
    screen = words_of(document.prefix[-3_000:] + document.suffix[:1_000])
    chosen: list[Snippet] = []
    dropped: list[Dropped] = []
    left = limits.n_chars
    for snippet in ranked:
        words = words_of(snippet.text)
        if len(chosen) >= limits.n_snippets:
            dropped.append(Dropped(snippet, "there is room for no more snippets"))
        elif snippet.origin is Origin.SIMILAR and len(words & screen) > ON_SCREEN * len(words):
            dropped.append(Dropped(snippet, "its words are on the screen already"))
        elif any(jaccard(words, words_of(one.text)) > 0.9 for one in chosen):
            dropped.append(Dropped(snippet, "another snippet says the same"))
        else:
            share = SHARES.get(snippet.origin, LARGEST_SHARE)
            room = min(left - len(snippet.path), int(limits.n_chars * share))
            text = _cut(snippet.text, room)
            if text:
                chosen.append(replace(snippet, text=text))
                left -= len(text) + len(snippet.path)
            else:
                dropped.append(Dropped(snippet, "there is no room for it"))
    # A fixed order: the same snippets with other scores must not be evaluated anew.
    best = chosen[:1]
    rest = sorted(chosen[1:], key=lambda one: (one.path, one.start_line))
    return (*rest, *best), tuple(dropped[:20])


def _cut(text: str, n_chars: int) -> str:
    """The first whole lines of `text` that fit."""
    if len(text) <= n_chars:
        return text
    end = text.rfind("\n", 0, max(0, n_chars)) + 1
    return text[:end]
