"""Names that exist: what a suggestion calls by name stands somewhere that was looked at.

A small model invents plausible names. A name of the suggestion is known when it occurs in the
file or in a snippet of the prompt, is a word of the language or of its standard surroundings, or
is bound by the suggestion itself. Occurrence is a lenient test on purpose: it needs no scopes, so
it is the same in every language, and a name that fails it has nothing that speaks for it.
"""

import builtins
import re
from collections.abc import Iterable
from functools import cache

from slm_context.languages import grammar

NAME = re.compile(r"[^\W\d]\w*")
# Text in quotes and comments is prose.
PROSE = re.compile(r"\"(?:\\.|[^\"\\])*\"?|'(?:\\.|[^'\\])*'?|`[^`]*`?|(?:#|//).*")
# What the suggestion binds itself: `x = …`, `x := …`, `for x in`, `as x`, `def f`, a parameter…
BINDS = re.compile(
    r"\b(?:for|as|def|class|func|fn|function|let|const|var|mut|val|type|struct|enum|import|auto)"
    r"\s+(?P<declared>\w+)|(?P<assigned>\w+)\s*(?::=|=(?![=>]))|(?P<typed>\w+)\s*:\s"
)
TYPES = (str, bytes, int, float, list, dict, set, tuple, frozenset, object, BaseException)
# Words that are there without being declared in any file of the user.
AMBIENT = {
    "python": {*dir(builtins), *(name for one in TYPES for name in dir(one)), "self", "cls"},
    "javascript": set(
        "console log error warn Object Array String Number Boolean Map Set Promise JSON Math Date "
        "RegExp Error TypeError RangeError Symbol keys values entries length push pop map filter "
        "reduce forEach join split slice splice indexOf includes concat sort reverse find some "
        "every toString trim replace test match parse stringify then catch finally resolve reject "
        "prototype constructor call apply bind hasOwnProperty assign isArray floor ceil round max "
        "min abs module exports require process document window undefined NaN".split()
    ),
    "go": set(
        "append cap close complex copy delete len make new panic print println real recover bool "
        "byte error float32 float64 int int8 int16 int32 int64 rune string uint uint8 uint16 "
        "uint32 uint64 uintptr any true false nil iota Error String".split()
    ),
    "rust": set(
        "Some None Ok Err Option Result Vec String Box Rc Arc Self self super crate str u8 u16 u32 "
        "u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64 bool char new from into iter map collect "
        "unwrap expect clone len push push_str to_string as_str as_ref is_some is_none is_ok "
        "is_err unwrap_or ok_or println format vec assert assert_eq panic Default default".split()
    ),
    "java": set(
        "String Object Integer Long Double Float Boolean Character Byte Short Number List Map Set "
        "ArrayList HashMap HashSet Collections Arrays Math System out println Override Exception "
        "RuntimeException IllegalArgumentException IllegalStateException NullPointerException "
        "length size get put add remove contains equals hashCode toString isEmpty getClass".split()
    ),
    "cpp": set(
        "std string vector map set pair move forward size_t nullptr begin end size empty push_back "
        "emplace_back insert erase find first second data c_str make_pair make_unique make_shared "
        "unique_ptr shared_ptr printf malloc free memcpy strlen NULL uint8_t uint16_t uint32_t "
        "uint64_t int8_t int16_t int32_t int64_t".split()
    ),
}
SAME_AS = {"typescript": "javascript", "tsx": "javascript", "c": "cpp"}


def unknown_names(text: str, language: str | None, seen: Iterable[str]) -> list[str]:
    """The names in `text` that stand in none of the `seen` texts, in order, each once."""
    code = PROSE.sub(" ", text)
    known = words_of(language) | {
        match.group(match.lastgroup or 0) for match in BINDS.finditer(code)
    }
    names = dict.fromkeys(NAME.findall(code))
    texts = tuple(seen)
    return [name for name in names if name not in known and not occurs(name, texts)]


@cache
def words_of(language: str | None) -> frozenset[str]:
    """A language's keywords, from its grammar, and what it has without a declaration."""
    found = grammar(language) if language is not None else None
    if language is None or found is None:
        return frozenset()
    kinds = (found.node_kind_for_id(number) for number in range(found.node_kind_count))
    keywords = {kind for kind in kinds if kind is not None and kind.isidentifier()}
    return frozenset(keywords | AMBIENT.get(SAME_AS.get(language, language), set()))


def word_before(line: str) -> str:
    """The word that `line` ends with, "" for none."""
    start = len(line)
    while start and is_word(line[start - 1]):
        start -= 1
    return line[start:]


def occurs(name: str, texts: tuple[str, ...]) -> bool:
    """`name`, letters and digits, as a whole word."""
    return any(_occurs(name, text) for text in texts)


def _occurs(name: str, text: str) -> bool:
    # `find` runs in C over a whole file; a pattern is compiled for each name, and a word's edge
    # looked for at each letter.
    place = text.find(name)
    while place >= 0:
        end = place + len(name)
        if not is_word(text[place - 1 : place]) and not is_word(text[end : end + 1]):
            return True
        place = text.find(name, place + 1)
    return False


def is_word(character: str) -> bool:
    """Whether a character can stand in a name; false of none."""
    return character.isalnum() or character == "_"
