"""Where a model file may come from: `hf:`, `https:` and `file:`, and nothing else."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

from slm_lsp.errors import ConfigError

HF = re.compile(
    r"hf:(?P<owner>[\w.-]+)/(?P<repo>[\w.-]+)/(?P<file>[^@\s\\\ud800-\udfff]+?)(?:@(?P<revision>[\w./-]+))?",
    re.ASCII,
)
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
FORMS = "hf:owner/repo/file.gguf@revision, https://… or file:…"


@dataclass(frozen=True, slots=True)
class HubSource:
    """A file in a repository of the Hugging Face hub, or of a mirror that speaks the same way."""

    repo: str
    file: str
    revision: str = "main"

    def url(self, endpoint: str) -> str:
        return (
            f"{endpoint.rstrip('/')}/{self.repo}/resolve/{quote(self.revision, safe='')}"
            f"/{quote(self.file)}"
        )

    def __str__(self) -> str:
        return f"hf:{self.repo}/{self.file}@{self.revision}"


@dataclass(frozen=True, slots=True)
class UrlSource:
    """A file at an address on the web."""

    address: str

    def __str__(self) -> str:
        return self.address


@dataclass(frozen=True, slots=True)
class FileSource:
    """A file of this machine."""

    path: Path

    def __str__(self) -> str:
        return f"file:{self.path}"


Source = HubSource | UrlSource | FileSource


def parse_source(text: str, root: Path | None = None) -> Source:
    """What `text` names. Relative `file:` paths start at `root`, or at the current folder.

    Raises ConfigError, one sentence.
    """
    scheme, colon, rest = text.partition(":")
    match scheme.lower() if colon else "":
        case "hf":
            return _hub(text)
        case "https" | "http":
            return _url(text)
        case "file":
            return FileSource(_file(rest, root))
        case _:
            raise ConfigError(f"`{text[:80]}` is not a source; a source is {FORMS}")


def parse_repository_source(text: str, root: Path) -> Source:
    """The same for a source that a repository names: its files lie inside it.

    Symbolic links are followed before the check, so that none leads out.
    """
    source = parse_source(text, root)
    if isinstance(source, UrlSource) and not source.address.lower().startswith("https://"):
        raise ConfigError("a repository may name https: sources only, not http:")
    if isinstance(source, FileSource):
        inner = text.partition(":")[2]
        if inner.startswith(("/", "\\", "~")) or re.match(r"[A-Za-z]:", inner):
            raise ConfigError("a repository's `file:` source is relative to the repository")
        top = root.resolve()
        if not source.path.resolve().is_relative_to(top):
            raise ConfigError("a repository's `file:` source has to lie inside the repository")
    return source


def _hub(text: str) -> HubSource:
    found = HF.fullmatch(text)
    parts = found["file"].split("/") if found else []
    if found is None or any(part in ("", ".", "..") for part in parts):
        raise ConfigError(f"`{text[:80]}` is not of the form hf:owner/repo/file.gguf@revision")
    if ".." in (found["owner"], found["repo"]) or ".." in (found["revision"] or "").split("/"):
        raise ConfigError(f"`{text[:80]}` is not of the form hf:owner/repo/file.gguf@revision")
    return HubSource(
        f"{found['owner']}/{found['repo']}", found["file"], found["revision"] or "main"
    )


def _url(text: str) -> UrlSource:
    try:
        parts = urlsplit(text)
        host = parts.hostname
        _ = text.encode(), parts.port  # raise when it is no text, and no number
    except ValueError as error:
        raise ConfigError(f"`{text[:80]}` is not an address: {error}") from error
    if not host:
        raise ConfigError(f"`{text[:80]}` names no host")
    if parts.username or parts.password:
        raise ConfigError("a source holds no user name or password; put a token in HF_TOKEN")
    if parts.scheme.lower() == "http" and host not in LOOPBACK:
        raise ConfigError(f"`{text[:80]}` is not encrypted; use https:")
    return UrlSource(text)


def _file(rest: str, root: Path | None) -> Path:
    if rest.startswith("//"):
        rest = rest[2:]
        if not rest.startswith("/"):
            raise ConfigError("`file:` sources name files of this machine: file:path or file:/path")
    if not rest:
        raise ConfigError("`file:` names no file")
    return (root or Path.cwd()) / os.path.expanduser(rest)
