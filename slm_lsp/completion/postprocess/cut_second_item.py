"""A list of parameters, or of what is given for them, names each one once."""

import re
from dataclasses import replace

from slm_lsp.completion.postprocess.brackets import CLOSERS, PAIRS, opens_quote
from slm_lsp.completion.postprocess.filter import Draft, InsertionPoint, in_code

# What an item names: `name: …`, Python's `name=…`, attributes whole, and in languages that write
# the type beside it, the type with its name.
_KEY, _WHOLE = r"([\w$]+)\??:\s", r"(\w+\s*=\s*[^=>\s].*)"
_TYPED = r"((?!(?:new|chan|map|func)\b)\w[\w.<>\[\]?]*\s+\w+$)"
LAMBDA = re.compile(r"\blambda\b")
ITEMS = {
    "python": re.compile(r"\*{0,2}(\w+)\s*(?::\s|=(?!=))"),
    "go": re.compile(rf"{_KEY}|{_TYPED}"),
    "java": re.compile(rf"{_WHOLE}|{_TYPED}"),
    **dict.fromkeys(("javascript", "typescript", "tsx", "rust"), re.compile(rf"{_KEY}|{_WHOLE}")),
}


def cut_second_item(draft: Draft, around: InsertionPoint) -> Draft | None:
    """Cut the first line before an item that names what one before it, in one bracket, names."""
    document = around.document
    item = ITEMS.get(document.language or "")
    if item is None or not around.once(in_code):
        return draft
    n_before = len(document.line_prefix)
    # The last item ends with the line.
    line = document.line_prefix + draft.text.partition("\n")[0] + ","
    if document.language == "python" and LAMBDA.search(line):
        return draft  # Its parameters are no items.
    open_items: list[tuple[int, set[str]]] = []  # of each open bracket: where an item begins
    quote = ""
    for index, char in enumerate(line):
        if quote:
            quote = "" if char == quote and line[index - 1] != "\\" else quote
            continue
        if opens_quote(line, index, document.language):
            quote = char
        elif char in ",)}]" and open_items:
            start, named = open_items[-1]
            match = item.match(line[start:index].strip())
            name = next(filter(None, match.groups()), "") if match else ""
            if name in named and index >= n_before:
                kept = line[n_before : start - 1]
                return replace(draft, text=kept) if kept.strip() else None
            named |= {name} - {""}
            open_items[-1] = index + 1, named
        if char in CLOSERS:
            open_items.append((index + 1, set()))
        elif char in PAIRS and open_items:
            open_items.pop()
    return draft
