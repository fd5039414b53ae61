"""A file that has arrived in part, and what the server said about the whole."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from slm_lsp.models.store import replace_text


@dataclass(frozen=True, slots=True)
class Partial:
    """`<key>.part` and its note `<key>.json`, in the store's `partial/`."""

    path: Path

    @property
    def note(self) -> Path:
        return self.path.with_suffix(".json")

    @property
    def n_bytes(self) -> int:
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    def remembered(self, url: str) -> dict[str, str]:
        """What was noted when it was fetched from this address."""
        try:
            note = json.loads(self.note.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        if not isinstance(note, dict) or note.get("url") != url:
            return {}
        return {key: value for key, value in note.items() if isinstance(value, str)}

    def remember(self, url: str, headers: Mapping[str, str], sha256: str | None) -> None:
        """Note what `If-Range` can say next time: a strong ETag, or else the date."""
        etag = headers.get("etag", "")
        validator = etag if etag.startswith('"') else headers.get("last-modified", "")
        note = {"url": url, "validator": validator, "sha256": sha256 or ""}
        replace_text(self.note, json.dumps(note))

    def discard(self) -> None:
        self.path.unlink(missing_ok=True)
        self.note.unlink(missing_ok=True)
