"""Writing settings files: a pin into the one that is there, or a new one with comments."""

import difflib
from dataclasses import dataclass
from pathlib import Path

import tomlkit
from tomlkit.exceptions import TOMLKitError

from slm_lsp.config.files import PYPROJECT, REPOSITORY_FILE, TABLE, read_untrusted
from slm_lsp.config.toml import MAX_BYTES, BrokenToml
from slm_lsp.errors import ConfigError
from slm_lsp.models.store import replace_text


@dataclass(frozen=True, slots=True)
class Pin:
    """What `[model]` says about a file."""

    name: str
    sha256: str
    size: int
    source: str | None = None
    template: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A settings file before and after."""

    path: Path
    before: str
    after: str

    def diff(self) -> str:
        """The lines that differ, as `diff -u` shows them."""
        lines = (self.before.splitlines(), self.after.splitlines())
        found = difflib.unified_diff(*lines, self.path.name, self.path.name, lineterm="")
        return "".join(f"{line}\n" for line in found)

    def write(self) -> None:
        """Raises ConfigError where the file cannot be written; it then stays as it was."""
        try:
            replace_text(self.path.resolve(), self.after)
        except OSError as error:
            raise ConfigError(
                f"{self.path} cannot be written: {error.strerror or error}; "
                "the model is not pinned, the same command does it once that is mended"
            ) from error


def write_pin(root: Path, pin: Pin) -> Path:
    """Pin a model in the repository's settings file; the result is that file."""
    change = pin_change(root, pin)
    change.write()
    return change.path


def pin_change(root: Path, pin: Pin) -> Change:
    """What pinning a model would write.

    Everything else in the file stays as it is, comments too.
    """
    path, table = settings_file(root)
    try:
        before = _text(path, root)
        document = tomlkit.parse(before)
    except (BrokenToml, TOMLKitError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path.name} cannot be changed: {error}; correct it first") from error
    section = document
    for key in (*table, "model"):
        if key not in section:
            section[key] = tomlkit.table(is_super_table=key in table)
        section = section[key]  # type: ignore[assignment]
        if not isinstance(section, dict):
            raise ConfigError(f"{path.name} cannot be changed: `{key}` is not a table")
    for key in ("name", "sha256", "size", "source", "template"):
        value = getattr(pin, key)
        if value is not None:
            section[key] = value
        elif key in section:
            del section[key]
    # An adapter belongs to the model that it was made for.
    section.pop("adapter", None)
    return Change(path, before, tomlkit.dumps(document))


def settings_file(root: Path) -> tuple[Path, tuple[str, ...]]:
    """Where the repository keeps its settings, and under which tables."""
    own, pyproject = root / REPOSITORY_FILE, root / PYPROJECT
    if not own.exists() and pyproject.exists():
        try:
            document = tomlkit.parse(_text(pyproject, root))
        except (TOMLKitError, BrokenToml, UnicodeDecodeError):
            return own, ()
        tool = document.get("tool")
        if isinstance(tool, dict) and TABLE in tool:
            return pyproject, ("tool", TABLE)
    return own, ()


def _text(path: Path, root: Path) -> str:
    """All of a settings file: of one that is cut off, the rest would be lost in writing."""
    content = read_untrusted(path, root) or b""
    if len(content) > MAX_BYTES:
        raise BrokenToml(f"the file is larger than {MAX_BYTES // 1024} KB")
    return content.decode("utf-8")
