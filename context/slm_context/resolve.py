"""Which classes the thing before the dot is of: declarations, results of calls, fields, bases.

Every word of a type that names a class of the repository counts, so that `Option<Router>`,
`list[Router]` and `(*Router, error)` all mean Router, without a rule for each container.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Sequence

from slm_context.cursor import DocumentContext
from slm_context.index import Found
from slm_context.receiver import IDENTIFIER, SELVES, Said, Step, said_of, steps_at, steps_of
from slm_context.signatures import result_of
from slm_context.tags import Definition, FileTags

# How far a chain of declarations, and of base classes, is followed.
MAX_DEPTH, MAX_BASES = 4, 6
# What is asked of a thing tells its class: a member that three classes have counts a third.
SURE, MOST = 0.9, 0.6
BEFORE = 8_000
SCRIPTS = frozenset({"javascript", "typescript", "tsx"})
# Methods of wrappers: what they give is, or holds, what they are called on.
TRANSPARENT = frozenset(
    """unwrap expect clone as_ref as_mut borrow borrow_mut lock read write to_owned iter iter_mut
    into_iter into_inner unwrap_or_default await then values get copy""".split()
)
IMPL = re.compile(
    r"^\s*(?:unsafe\s+)?impl\b(?:<[^{]*?>)?\s+(?:[^{]*?\bfor\s+)?&?(?:\w+::)*(\w+)", re.M
)
BASES = re.compile(
    r"(?:\bextends\b|\bimplements\b|\bclass \w+(?:\[[^\]]*\])?\(|(?<=\w)\s*:(?!:))(.*)"
)

Lookup = Callable[[Sequence[str]], list[Found]]
Outline = Callable[[str], list[Definition]]


class Resolver:
    """Types as one document, and the repository's definitions, say them."""

    def __init__(
        self,
        document: DocumentContext,
        language: str,
        tags: FileTags,
        lookup: Lookup,
        outline: Outline,
        is_ours: Callable[[str], bool],
        has_methods: Callable[[str], bool] = lambda name: False,
        neighbours: Callable[[], Sequence[str]] = lambda: (),
    ) -> None:
        """`is_ours` says whether a name stands for a module of the repository.

        `has_methods` says whether methods were assigned to something that is called so, and
        `neighbours` gives texts in which one name is likely to mean one thing.
        """
        self._document = document
        self._language = language
        self._tags = tags
        self._lookup = lookup
        self._outline = outline
        self._is_ours = is_ours
        self._has_methods = has_methods
        self._neighbours = neighbours
        self._known: dict[str, list[Found]] = {}
        # Of classes that several files have, the file whose class it is.
        self.homes: dict[str, str] = {}

    def at_cursor(self) -> list[str]:
        """The classes that the thing before the dot may be of, and their bases after them."""
        steps = steps_at(self._document)
        return self._with_bases(self._of(steps, MAX_DEPTH)) if steps else []

    def own_class(self) -> str:
        """The class that the cursor stands in, or ""."""
        around = [one.name for one in classes_around(self._document, self._tags)]
        if not around and self._language == "rust":
            around = IMPL.findall(self._document.prefix)
        return around[-1] if around else ""

    def _of(self, steps: Sequence[Step], depth: int) -> list[str]:
        if not steps or not depth:
            return []
        classes = self._of_root(steps[0], depth)
        rest = steps[1:]
        if not classes and self._is_ours(steps[0].name):
            while rest and not classes:  # modules within it
                classes, rest = self._of_named(rest[0].name), rest[1:]
        for step in rest:
            classes = self._of_member(classes, step, depth)
        return classes

    def _of_root(self, root: Step, depth: int) -> list[str]:
        name = root.name
        if name in SELVES:
            own = self.own_class()
            return [own] if own and name != "super" else self._with_bases([own])[1:]
        if root.called:
            return self._of_named(name)
        for said in said_of(name, self._document.prefix[-BEFORE:]):
            classes = self._of_said(said, depth)
            if classes:
                return classes
        if self._classes([name]):
            return [name]
        if name[0].isupper():
            return self._of_named(name)
        return self._called_alike(name)

    def _called_alike(self, name: str) -> list[str]:
        """Where nothing says a type, things are called after it: `basket`, `user_service`."""
        camel = "".join(part[:1].upper() + part[1:] for part in name.split("_"))
        if self._language in SCRIPTS:
            # Constructors that are functions, and objects that are put together by assignments.
            for one in (name, camel):
                if self._has_methods(one):
                    return [one]
        if self._is_ours(name):
            return []
        return (len(name) > 2 and self._classes([camel])) or self._by_members(name)

    def _by_members(self, name: str) -> list[str]:
        """The class that has what is asked of things with this name, here and in neighbours."""
        asked = re.compile(rf"\b{re.escape(name)}(?:\.|->)([A-Za-z_]\w*)")
        for text in (self._document.text, *self._neighbours()):
            members = set(asked.findall(text))
            scores: dict[str, float] = defaultdict(float)
            counts: dict[str, int] = defaultdict(int)
            for member in members:
                scopes = {one.definition.scope for one in self.definitions(member)} - {""}
                for scope in scopes:
                    scores[scope] += 1 / len(scopes)
                    counts[scope] += 1
            best = max(scores, key=lambda scope: (scores[scope], scope), default="")
            if best and scores[best] >= SURE and counts[best] >= MOST * len(members):
                return self._classes([best])
        return []

    def _of_said(self, said: Said, depth: int) -> list[str]:
        if said.type:
            return self._classes(IDENTIFIER.findall(said.type))
        return self._of(steps_of(said.made_by), depth - 1)

    def _of_named(self, name: str) -> list[str]:
        """What a function of this name gives, or an instance of the class."""
        found = [one for one in self.definitions(name) if not one.definition.scope]
        classes: list[str] = []
        for one in found[:3]:
            classes += self._result(one)
        return list(dict.fromkeys(classes))[:2]

    def _of_member(self, classes: Sequence[str], step: Step, depth: int) -> list[str]:
        if step.name == "new" and self._language == "ruby":
            return list(classes)
        wanted = self._with_bases(classes)
        found = [one for one in self.definitions(step.name) if one.definition.scope in wanted]
        # A field and a method may have one name.
        found.sort(key=lambda one: step.called != (one.definition.kind in ("function", "method")))
        for one in found[:3]:
            results = self._result(one)
            if results:
                return results
        if self.own_class() in wanted:
            for said in said_of(step.name, self._document.text):
                results = self._of_said(said, depth)
                if results:
                    return results
        return list(classes) if step.name in TRANSPARENT else []

    def _result(self, found: Found) -> list[str]:
        one = found.definition
        if one.kind == "class":
            return [one.name]
        words = IDENTIFIER.findall(result_of(one, self._language))
        named = [one.scope if word in ("Self", "self") else word for word in words]
        classes = self._classes(named)
        for name in classes:
            paths = {d.path for d in self.definitions(name)}
            if len(paths) > 1 and found.path in paths:
                self.homes[name] = found.path
        return classes

    def _classes(self, names: Sequence[str]) -> list[str]:
        """Those of `names` that are classes of the repository."""
        return [
            name
            for name in dict.fromkeys(names)
            if len(name) > 1
            and any(one.definition.kind in ("class", "type") for one in self.definitions(name))
        ][:2]

    def definitions(self, name: str) -> list[Found]:
        """What is so called, here and elsewhere."""
        if name not in self._known:
            path = self._document.path
            own = [Found(path, self._language, d) for d in self._tags.definitions if d.name == name]
            others = [one for one in self._lookup([name]) if one.path != path]
            self._known[name] = [*own, *others]
        return self._known[name]

    def _with_bases(self, classes: Sequence[str]) -> list[str]:
        all_classes = list(classes)
        for name in all_classes:
            if len(all_classes) >= MAX_BASES:
                break
            for one in self.definitions(name)[:3]:
                if one.definition.kind == "class":
                    all_classes += [base for base in self._bases(one) if base not in all_classes]
        return all_classes[:MAX_BASES]

    def _bases(self, found: Found) -> list[str]:
        one = found.definition
        if self._language == "go":
            own = found.path == self._document.path
            outline = self._tags.definitions if own else self._outline(found.path)
            return [d.name for d in outline if d.kind == "base" and d.scope == one.name]
        match = BASES.search(one.signature.partition("{")[0])
        return self._classes(IDENTIFIER.findall(match[1])) if match else []


def classes_around(document: DocumentContext, tags: FileTags) -> list[Definition]:
    """The classes that the cursor stands in, the innermost last."""
    line = document.text.count("\n", 0, document.offset)
    return [
        one
        for one in tags.definitions
        if one.kind == "class" and one.start_line <= line <= one.end_line
    ]
