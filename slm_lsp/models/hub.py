"""The Hugging Face hub's conventions: where it is, who we are, what its answers say."""

import os
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from slm_lsp.errors import ConfigError
from slm_lsp.models.sources import LOOPBACK
from slm_lsp.places import in_full

HUB = "https://huggingface.co"


def endpoint() -> str:
    """The hub, or the mirror that `HF_ENDPOINT` names."""
    chosen = os.environ.get("HF_ENDPOINT", "").strip() or HUB
    try:
        parts = urlsplit(chosen)
        _ = chosen.encode(), parts.port  # raise when it is no text, and no number
    except ValueError as error:
        raise ConfigError(f"HF_ENDPOINT is {chosen[:80]}, which is no address: {error}") from error
    plain_loopback = parts.scheme == "http" and parts.hostname in LOOPBACK
    if not parts.hostname or not (parts.scheme == "https" or plain_loopback):
        raise ConfigError(f"HF_ENDPOINT is {chosen[:80]}, and has to begin with https://")
    return chosen


def token() -> str | None:
    """The person's token, from the places where the hub's own tools look for it. Never shown."""
    for variable in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        if value := _clean(os.environ.get(variable, "")):
            return value
    file = os.environ.get("HF_TOKEN_PATH") or (
        in_full(os.environ.get("HF_HOME") or "~/.cache/huggingface") / "token"
    )
    try:
        return _clean(in_full(str(file)).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def announced_sha256(headers: Mapping[str, str]) -> str | None:
    """The content of a large file, which the hub says while redirecting to its storage."""
    etag = headers.get("x-linked-etag", "").removeprefix("W/").strip('"')
    return etag if re.fullmatch(r"[0-9a-f]{64}", etag) else None


def announced_size(headers: Mapping[str, str]) -> int | None:
    size = headers.get("x-linked-size", "")
    return int(size) if re.fullmatch(r"[0-9]{1,15}", size) else None


def announced_commit(headers: Mapping[str, str]) -> str | None:
    commit = headers.get("x-repo-commit", "")
    return commit if re.fullmatch(r"[0-9a-f]{40}", commit) else None


def _clean(value: str) -> str | None:
    """A token fit for a header; anything else in the file or variable is not one."""
    value = value.strip()
    return value if re.fullmatch(r"[!-~]{1,500}", value) else None
