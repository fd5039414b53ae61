"""Secrets and personal data out of the text, before anything else sees it."""

import re

PRIVATE_KEY = re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----|PuTTY-User-Key-File")

# Shapes that their makers gave to keys so that they can be found.
KEY = re.compile(
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"  # Amazon
    r"|\bgh[pousr]_[0-9A-Za-z]{36,}\b|\bgithub_pat_\w{22,}\b|\bglpat-[\w-]{20,}"  # forges
    r"|\bxox[abposr]-[0-9A-Za-z-]{10,}"  # Slack
    r"|\bAIza[0-9A-Za-z_-]{35}\b"  # Google
    r"|\b[sr]k_(?:live|test)_[0-9A-Za-z]{16,}\b|\bsk-[A-Za-z0-9_-]{20,}"  # Stripe, model vendors
    r"|\bSG\.[\w-]{16,}\.[\w-]{16,}|\bnpm_[A-Za-z0-9]{36}\b|\bpypi-[\w-]{40,}"
    r"|\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"  # signed web tokens
)
# "password = 'hunter2hunter2'": the name gives it away.
NAMED_SECRET = re.compile(
    r"""((?:secret|token|passwd|password|api_?key|private_?key|access_?key)\w*["']?\s*[:=]\s*)"""
    r"""(["'])(?=[^"']*\d)(?=[^"']*[A-Za-z])[\w+/=.-]{20,}\2""",
    re.IGNORECASE,
)
EMAIL = re.compile(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}\b")
HARMLESS_DOMAIN = re.compile(r"@(?:[\w-]+\.)*(?:example\.\w+|localhost|test|invalid|noreply\.\S+)$")
# Loopback, private and documentation ranges are nobody's address; 1.x and 8.x are mostly versions.
ADDRESS = re.compile(
    r"\b(?!(?:127|10|0|255|192\.168|192\.0|169\.254|1|8)\.)(?:\d{1,3}\.){3}\d{1,3}\b"
)
AUTHOR_LINE = re.compile(
    r"^[ \t]*(?:#|//|\*|/\*+)[ \t]*@?(?:authors?|maintainers?)\b[ \t]*:?[ \t].*\n", re.I | re.M
)
TODO_NAME = re.compile(r"\b(TODO|FIXME|XXX|HACK|NOTE)\([\w.@ -]+\)")


def scrub(text: str) -> str | None:
    """`text` with what is private replaced by plain examples; None if it is a key file."""
    if PRIVATE_KEY.search(text):
        return None
    text = KEY.sub("EXAMPLEKEY", text)
    text = NAMED_SECRET.sub(r"\1\2example-secret\2", text)
    text = EMAIL.sub(lambda found: keep_or(found, HARMLESS_DOMAIN, "name@example.com"), text)
    text = ADDRESS.sub("192.0.2.1", text)
    text = AUTHOR_LINE.sub("", text)
    return TODO_NAME.sub(r"\1", text)


def keep_or(found: re.Match[str], harmless: re.Pattern[str], replacement: str) -> str:
    return found.group() if harmless.search(found.group()) else replacement
