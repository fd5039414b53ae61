"""How other files call what is being called at the cursor."""

import re
from collections.abc import Mapping
from textwrap import dedent

from slm_context.names import KEYWORDS, NAME_AT_END
from slm_context.types import Origin, Snippet

# A call is looked for so far before the cursor; of another one so much is shown.
MAX_BEFORE, MAX_CALL_LINES, MAX_CALL_CHARS = 600, 4, 200


def called_at(before: str) -> str:
    """The name whose call the cursor stands in, by the innermost bracket that is open; or ""."""
    depth = 0
    for place in range(len(before) - 1, max(-1, len(before) - MAX_BEFORE), -1):
        character = before[place]
        if character in ")]}":
            depth += 1
        elif character in "([{":
            if depth:
                depth -= 1
                continue
            match = NAME_AT_END.search(before, max(0, place - 80), place)
            is_name = character == "(" and match is not None and match[0] not in KEYWORDS
            return match[0] if is_name and match is not None else ""
    return ""


def usage_snippets(name: str, texts: Mapping[str, str], most: int = 3) -> list[Snippet]:
    """One call of `name` of each text, the shortest of it, in the order of the texts."""
    found: list[Snippet] = []
    said: set[str] = set()
    pattern = re.compile(rf"(?<![\w$]){re.escape(name)}\(")
    for path, text in texts.items():
        calls = [
            (_call(text, match.start(), match.end()), match.start())
            for match in pattern.finditer(text)
        ]
        calls = [one for one in calls if one[0] and one[0] not in said]
        if not calls or len(found) >= most:
            continue
        call, start = min(calls, key=lambda one: (len(one[0]), one[1]))
        said.add(call)
        line = text.count("\n", 0, start)
        found.append(Snippet(path, call + "\n", line, Origin.USAGE, 1.0, f"calls {name}"))
    return found


def _call(text: str, start: int, opened: int) -> str:
    begins = text.rfind("\n", 0, start) + 1
    if re.search(r"\b(?:def|func|fn|fun|function|class)\s[^=]*$", text[begins:start]):
        return ""
    depth, place = 1, opened
    while depth and place < min(len(text), start + MAX_CALL_CHARS):
        depth += (text[place] in "([{") - (text[place] in ")]}")
        place += 1
    if depth:
        return ""
    ends = text.find("\n", place)
    call = text[begins : ends if ends >= 0 else len(text)].rstrip()
    if call.count("\n") >= MAX_CALL_LINES or len(call) > MAX_CALL_CHARS:
        return ""
    return dedent(call)
