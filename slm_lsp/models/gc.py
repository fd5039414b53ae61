"""What can go: the remains of interrupted pulls, and models that nobody uses."""

import time
from dataclasses import dataclass
from pathlib import Path

from slm_lsp.models.listing import names
from slm_lsp.models.lock import is_locked
from slm_lsp.models.store import Store, storage_error
from slm_lsp.places import home
from slm_lsp.settings import ModelSettings

DAY_S = 86_400
# An interrupted pull may be taken up again the next morning, or after the weekend.
KEEP_PARTIAL_S = 7 * DAY_S
KEEP_TEMPORARY_S = DAY_S


@dataclass(frozen=True, slots=True)
class Rubbish:
    """Something that may go: what it is in words, and its size in bytes."""

    what: str
    size: int
    path: Path | None = None
    sha256: str | None = None  # of a model in the store


def note_use(sha256: str) -> None:
    """Remember that the model served today."""
    try:
        note = home() / "used" / sha256
        note.parent.mkdir(parents=True, exist_ok=True)
        note.touch()
    except OSError:
        pass  # a home that is only read collects no garbage either


def rubbish(store: Store, now: float | None = None) -> list[Rubbish]:
    """Remains that nobody will miss; `now` in seconds, as `time.time()`."""
    now = time.time() if now is None else now
    found: list[Rubbish] = []
    for path in sorted(store.partial.glob("*")):
        try:
            stat = path.stat()
        except OSError:
            continue  # another process finished it
        # A file that is added by a link is as old as its source, and was changed by the link.
        age_s = now - max(stat.st_mtime, stat.st_ctime)
        lock = path.with_suffix(".lock")
        if path.suffix in (".part", ".json", ".lock"):
            old = age_s > KEEP_PARTIAL_S and not is_locked(lock)
        else:
            old = age_s > KEEP_TEMPORARY_S
        if old:
            found.append(
                Rubbish(f"the remains of an interrupted pull ({path.name})", stat.st_size, path)
            )
    for note in sorted(store.folder.glob("*.json")):
        if not store.blob(note.stem).exists() and now - note.stat().st_mtime > DAY_S:
            found.append(
                Rubbish(f"a note without its model ({note.name})", note.stat().st_size, note)
            )
    return found


def unused(store: Store, days: int, settings: ModelSettings) -> list[Rubbish]:
    """Models of the store that served nobody for so long, and are not named by the settings."""
    found: list[Rubbish] = []
    for entry in store.entries():
        adapter = settings.adapter.sha256 if settings.adapter is not None else None
        if names(settings, entry.name, entry.sha256) or entry.sha256 == adapter:
            continue
        try:
            last = (home() / "used" / entry.sha256).stat().st_mtime
        except OSError:
            last = entry.path.stat().st_ctime
        if time.time() - last >= days * DAY_S:
            found.append(
                Rubbish(f"{entry.name} ({entry.sha256[:12]}…)", entry.size, sha256=entry.sha256)
            )
    return found


def remove(store: Store, item: Rubbish) -> None:
    """Raises a ModelError where the system does not let it go."""
    if item.sha256 is not None:
        store.remove(item.sha256)
    elif item.path is not None:
        try:
            item.path.unlink(missing_ok=True)
        except OSError as error:
            raise storage_error(error, f"remove {item.path}") from error
