"""Which licence a repository stands under, read from its own licence files."""

import re

from training.clones import Clone

# One sentence that each licence has and no other of these has.
PERMISSIVE = {
    "MIT": r"permission is hereby granted, free of charge, to any person",
    "Apache-2.0": r"apache license,? version 2\.0",
    "BSD": r"redistribution and use in source and binary forms, with or without",
    "ISC": r"permission to use, copy, modify,? and(?:/or)? distribute this software for any",
    "PSF-2.0": r"python software foundation license version 2",
}
RESTRICTIVE = re.compile(
    r"gnu (?:lesser |affero |library )?general public|mozilla public license|"
    r"server side public license|business source license|eclipse public license|"
    r"\b[al]?gpl-?[23v]|commons clause|elastic license|"
    r"creative commons attribution-(?:noncommercial|sharealike)",
    re.IGNORECASE,
)
LICENCE_FILE = re.compile(
    r"(?:licen[cs]e|copying)(?:[._-](?:mit|apache|apache2|bsd|md|txt|rst|isc))*", re.I
)


def licence_of(clone: Clone, commit: str = "HEAD") -> str | None:
    """An SPDX-like expression, or None where it is missing or not permissive.

    Files beside LICENSE that speak of third parties are not read here: what they cover lies in
    vendored folders, which `filters.py` leaves out, and files that name a foreign licence in
    their own header are left out one by one.
    """
    names = [path for path in clone.sizes(commit) if LICENCE_FILE.fullmatch(path)]
    found: set[str] = set()
    for _, content in clone.read(sorted(names), commit):
        text = " ".join(content.decode("utf-8", "replace").split())
        if RESTRICTIVE.search(text):
            return None
        found |= {name for name, pattern in PERMISSIVE.items() if re.search(pattern, text, re.I)}
    return " AND ".join(sorted(found)) if found else None
