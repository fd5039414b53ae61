"""Which files are worth learning from, and what of them is not the author's code."""

import re
import zlib

# Folders that hold other people's code, data, or copies of what stands elsewhere.
FOREIGN_FOLDER = re.compile(
    r"(?:^|/)(?:_?vendor(?:ed|s)?|_vendored_packages|third[_-]?party|3rdparty|extern(?:al)?s?|deps|"
    r"node_modules|bower_components|dist|build|generated|gen|migrations|locales?|i18n|"
    r"fixtures?|testdata|test-data|snapshots|__snapshots__|corpus|typeshed|licen[cs]es)/"
)
GENERATED_NAME = re.compile(
    r"(?:\.min\.js|\.pb\.go|_pb2(?:_grpc)?\.pyi?|\.g\.ts|\.gen\.(?:go|ts|rs|py)|_generated\.\w+|"
    r"\.generated\.\w+|zz_generated\S*|bindata\.go|\.d\.ts|parsetab\.py|_version\.py)$"
)
GENERATED_HEADER = re.compile(
    r"generated (?:by|from|with|code|file|automatically)|(?:auto|automatically )[- ]?generated|"
    r"do not (?:edit|modify)|@generated|machine generated",
    re.IGNORECASE,
)
FOREIGN_LICENCE = re.compile(
    r"\b(?:[AL]?GPL|MPL|EPL|CDDL|SSPL|BUSL)[- ]?v?\d|mozilla public license|"
    r"gnu (?:lesser |affero |library )?general public|creative commons|"
    r"all rights reserved\.? (?:proprietary|confidential)",
    re.IGNORECASE,
)
LICENCE_WORD = re.compile(r"copyright|licen[cs]e|spdx|\(c\)|©|all rights reserved", re.IGNORECASE)
COMMENT_LINE = re.compile(r"\s*(?:#(?!!|include|define|if|pragma|!\[)|//|/\*|\*|<!--|;)|\s*$")


def reject_path(path: str) -> str | None:
    """Why a path is not even read, or None."""
    if FOREIGN_FOLDER.search(path):
        return "foreign folder"
    if GENERATED_NAME.search(path):
        return "generated"
    return None


def reject_text(text: str) -> str | None:
    """Why a file's text is left out, or None. The numbers are where files begin to be tables."""
    if not 200 <= len(text) <= 150_000:
        return "size"
    head = text[:3_000]
    if FOREIGN_LICENCE.search(head):
        return "foreign licence"
    if GENERATED_HEADER.search(text[:800]):
        return "generated"
    lines = text.split("\n")
    longest = max(map(len, lines))
    if len(lines) < 8 or longest > 400 or len(text) / len(lines) > 90:
        return "line lengths"
    sample = text[:8_000]
    if sum(map(str.isalpha, sample)) < 0.4 * len(sample):
        return "mostly numbers or signs"
    if sum(character > "\x7f" for character in sample) > 0.05 * len(sample):
        return "mostly not ASCII"
    raw = text.encode()
    if len(zlib.compress(raw, 1)) < 0.1 * len(raw):
        return "repeats itself"
    return None


def strip_licence_header(text: str) -> str:
    """`text` without a comment at its top that is about licence or copyright.

    The same notice stands on thousands of files: a model that learnt it would offer it.
    """
    lines = text.split("\n")
    start = 0
    while start < len(lines) and (lines[start].startswith("#!") or "coding" in lines[start][:30]):
        start += 1
    end = start
    # Blank lines separate comments: the notice may be the first of two.
    while end < len(lines) and COMMENT_LINE.match(lines[end]):
        end += 1
    comment = lines[start:end]
    last = max((i for i, line in enumerate(comment) if LICENCE_WORD.search(line)), default=None)
    if last is None:
        return text
    while last + 1 < len(comment) and comment[last + 1].strip():
        last += 1
    rest = lines[start + last + 1 :]
    while rest and not rest[0].strip():
        rest.pop(0)
    return "\n".join(lines[:start] + rest)
