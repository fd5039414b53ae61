"""The names that may come at the cursor, as far as the repository tells, and how likely each is.

A small model that is shown a list of names hardly ever takes one of it. Told which words may come,
it need only choose. Behind `basket.` these are the members of the class of `basket` and of its
bases, what the module of that name offers, and what is asked of things with this name elsewhere.
In other places they are the names that follow the same three words or signs, in this document, in
the files beside it and in files that use these words wherever they lie: what was written once in a
project is written again (the cache of Hellendoorn and Devanbu, 2017, kept no longer than a glance).
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log1p

from slm_context.cursor import DocumentContext
from slm_context.names import IDENTIFIER, KEYWORDS
from slm_context.receiver import SELVES, Step
from slm_context.remembered import remembers
from slm_context.reported import ReportedName
from slm_context.resolve import Resolver
from slm_context.tags import Definition, FileTags
from slm_context.view import View

MOST = 300
# A class that more files have, and none of them is known to be meant, is nobody's.
MAX_FILES = 3
# What an operator calls is never written behind a dot.
NEVER = re.compile(r"__\w+__$")
MEMBER = re.compile(r"(?:\.|::|->)\s*([A-Za-z_]\w*)")
TOKEN = re.compile(r"[A-Za-z_$][\w$]*|\d+|[^\w\s]")
FOLLOWING = r"[ \t]*(?:([A-Za-z_$][\w$]*)|\S)"
# So many words or signs say what follows; fewer are followed by anything.
N_TELLING = 3
# Below this, what follows them is rather no name.
LEAST_NAMES = 0.5
LINK = r"\s*(?:\?\.|!\.|\.|->|::)\s*([A-Za-z_]\w*)"
ASKED, CALLED_ASKED = re.compile(LINK), re.compile(rf"\([^()\n]*\){LINK}")
WORD_BEFORE = re.compile(r"[\w$]")
BEGUN = re.compile(r"[\w$]+\Z")
MAX_BEFORE, NEAR_CHARS = 100_000, 1_500
# Nats for a name of the list, and for each time (in logarithms) that it is used: by the same
# name in this document and in neighbours, by any in both, and near the cursor, and for each file
# of the repository that uses it. Chosen by how often the first of the list is right, where no model
# is asked.
LISTED, BY_SAME, BY_SAME_BESIDE, BESIDE, HERE, NEAR, USERS = 3.0, 2.0, 1.0, 0.3, 0.5, 1.0, 0.3
# A name that a report says is missing counts like one that came here once.
MISSING = BY_SAME * log1p(1)


@dataclass(frozen=True, slots=True)
class ExpectedName:
    """A name that may come. `weight` is in nats: how much likelier than a name that is not told."""

    name: str
    weight: float
    path: str = ""  # of another file in which it came, where the document itself has no such place

    def __str__(self) -> str:
        return f"{self.name} +{self.weight:.1f}" + (f" as in {self.path}" if self.path else "")


def members(
    document: DocumentContext,
    tags: FileTags,
    steps: Sequence[Step],
    receivers: Sequence[str],
    resolver: Resolver,
    view: View,
    allows: Callable[[str], bool],
) -> Iterator[str]:
    """The names of what `receivers`, the classes before the dot, have, the nearest class first."""
    own = steps[-1].name in SELVES
    for name in receivers:
        for path in filter(allows, _files_of(name, resolver)):
            outline = tags.definitions if path == document.path else view.outline(path)
            for one in outline:
                if one.scope == name and _is_seen(one, own):
                    yield one.name
        for found in view.methods_apart(name):
            if _is_seen(found.definition, own) and allows(found.path):
                yield found.definition.name


def weighted(
    names: Iterable[str],
    document: DocumentContext,
    used: Mapping[str, int],
    step: Step,
    others: Sequence[str],
    n_users: Callable[[str], int] = lambda name: 0,
) -> tuple[ExpectedName, ...]:
    """The members of what is called as `step`, and what else is asked of it, the likeliest first.

    `used` says how often the document asks for a member of which name, `others` are texts of other
    files that may ask the same, `n_users` in how many of all files a name stands.
    """
    before = BEGUN.sub("", document.prefix[-MAX_BEFORE:])
    here = asked_of(step, before) + asked_of(step, document.suffix[:MAX_BEFORE])
    beside = sum((asked_of(step, text) for text in others), Counter[str]())
    elsewhere = sum((_members_of(text) for text in others), Counter[str]())
    near = members_in(before[-NEAR_CHARS:])
    found = [
        ExpectedName(
            name,
            LISTED
            + BY_SAME * log1p(here[name])
            + BY_SAME_BESIDE * log1p(beside[name])
            + BESIDE * log1p(elsewhere[name])
            + HERE * log1p(used.get(name, 0))
            + NEAR * log1p(near[name])
            + USERS * log1p(n_users(name)),
        )
        for name in dict.fromkeys([*here, *beside, *names])
    ]
    return _likeliest(found)


def followers(
    document: DocumentContext, others: Callable[[Sequence[str]], Mapping[str, str]]
) -> tuple[ExpectedName, ...]:
    """The names that follow what the cursor's line ends with, the likeliest first.

    `others` gives the texts of other files, by path, in which the names that it is given may stand.
    """
    line = BEGUN.sub("", document.line_prefix)
    tokens = TOKEN.findall(line)
    lead = [r"\n", *tokens] if len(tokens) < N_TELLING else tokens[-N_TELLING:]
    if len(lead) < N_TELLING:
        return ()
    told = lead[0] if len(tokens) < N_TELLING else re.escape(lead[0])
    told = r"[ \t]*".join([told, *map(re.escape, lead[1:])])
    telling = re.compile(told + FOLLOWING)
    before = BEGUN.sub("", document.prefix[-MAX_BEFORE:])
    here = _following(telling, before) + _following(telling, document.suffix[:MAX_BEFORE])
    named = [one for one in lead if IDENTIFIER.fullmatch(one) and one not in KEYWORDS]
    beside, came_in = Counter[str](), dict[str, str]()
    for path, text in others(named).items():
        follow = _following(telling, text)
        beside += follow
        came_in = dict.fromkeys(follow, path) | came_in
    n_all, n_other = here.total() + beside.total(), here[""] + beside[""]
    if not n_all or n_all - n_other < LEAST_NAMES * n_all:
        return ()
    found = [
        ExpectedName(
            name,
            LISTED + BY_SAME * log1p(here[name]) + BY_SAME_BESIDE * log1p(beside[name]),
            "" if name in here else came_in[name],
        )
        for name in dict.fromkeys([*here, *beside])
        if name
    ]
    return _likeliest(found)


def missing(
    document: DocumentContext,
    reported: Mapping[str, ReportedName],
    found: Sequence[ExpectedName] = (),
) -> tuple[ExpectedName, ...]:
    """`found`, and what reports of the cursor's line name that the line does not hold."""
    held = set(TOKEN.findall(document.line_prefix + document.line_suffix))
    known = {one.name for one in found}
    wanted = [
        ExpectedName(name, LISTED + MISSING)
        for name, one in reported.items()
        if one.is_here and name not in held and name not in known
    ]
    return _likeliest([*found, *wanted]) if wanted else tuple(found)


def _likeliest(found: list[ExpectedName]) -> tuple[ExpectedName, ...]:
    return tuple(sorted(found, key=lambda one: -one.weight)[:MOST])


def _following(telling: re.Pattern[str], text: str) -> Counter[str]:
    """Which names follow, and "" for what is none."""
    return Counter(
        match[1] or ""
        for match in telling.finditer(text)
        if not (WORD_BEFORE.match(match[0]) and WORD_BEFORE.match(text, max(0, match.start() - 1)))
    )


def asked_of(step: Step, text: str) -> Counter[str]:
    """What `text` asks of something that is called so."""
    found = Counter[str]()
    place = text.find(step.name)
    while place >= 0:
        end = place + len(step.name)
        match = (CALLED_ASKED if step.called else ASKED).match(text, end)
        if match is not None and not WORD_BEFORE.search(text, place - 1, place):
            found[match[1]] += 1
        place = text.find(step.name, end)
    return found


def members_in(text: str) -> Counter[str]:
    """How often `text` asks for a member of which name."""
    return Counter(MEMBER.findall(text))


# Of neighbours, which stay the same while a person types.
_members_of = remembers(max_chars=600_000)(members_in)


def _files_of(name: str, resolver: Resolver) -> list[str]:
    if name in resolver.homes:
        return [resolver.homes[name]]
    found = resolver.definitions(name)
    paths = dict.fromkeys(one.path for one in found if one.definition.kind in ("class", "type"))
    return list(paths) if len(paths) <= MAX_FILES else []


def _is_seen(one: Definition, own: bool) -> bool:
    return one.kind != "base" and not NEVER.match(one.name) and (own or one.name[0] != "_")
