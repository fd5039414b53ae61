"""From a source to a file in the store."""

import hashlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from slm_lsp.errors import ModelCorrupt, ModelMismatch, ModelNotFound
from slm_lsp.models import hub
from slm_lsp.models.digest import known_sha256
from slm_lsp.models.download import Download, Reporter
from slm_lsp.models.gguf_reader import read_header
from slm_lsp.models.lock import locked
from slm_lsp.models.missing import why_no_file
from slm_lsp.models.partial import Partial
from slm_lsp.models.sources import FileSource, HubSource, Source
from slm_lsp.models.store import Entry, Store, storage_error
from slm_lsp.models.web import Web


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file to have in the store. `size` is in bytes."""

    source: Source
    sha256: str | None = None
    size: int | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull ended with."""

    entry: Entry
    fresh: bool  # False: it was there already
    source: Source  # with the commit in place of a branch, where the hub told it


def pull(
    wanted: Wanted, store: Store, reporter: Reporter, sleep: Callable[[float], None] = time.sleep
) -> Pulled:
    """Get the file, unless it is there. Raises a ModelError, one sentence."""
    name = wanted.name or default_name(wanted.source)
    if (entry := _present(store, wanted.sha256)) is not None:
        return Pulled(entry, False, wanted.source)
    try:
        if isinstance(wanted.source, FileSource):
            return Pulled(
                _add_file(wanted, wanted.source, name, store, reporter), True, wanted.source
            )
        return _fetch(wanted, name, store, reporter, sleep)
    except OSError as error:
        raise storage_error(error, "write to the store") from error


def default_name(source: Source) -> str:
    """What a file is called when nobody says."""
    match source:
        case HubSource(file=file):
            name = PurePosixPath(file).name
        case FileSource(path=path):
            name = path.name
        case _:
            name = PurePosixPath(unquote(urlsplit(source.address).path)).name
    return name.removesuffix(".gguf") or "model"


def _present(store: Store, sha256: str | None) -> Entry | None:
    entry = store.get(sha256) if sha256 is not None else None
    if entry is None or known_sha256(entry.path) == entry.sha256:
        return entry
    store.remove(entry.sha256)  # it rotted; the pull replaces it
    return None


def _add_file(
    wanted: Wanted, source: FileSource, name: str, store: Store, reporter: Reporter
) -> Entry:
    if not source.path.is_file():
        raise ModelNotFound(why_no_file(source.path))
    size = source.path.stat().st_size
    if wanted.size is not None and size != wanted.size:
        raise ModelMismatch(f"{source.path} has {size} bytes, and the pin says {wanted.size}")
    read_header(source.path)
    reporter.started(0, size)
    return store.add(
        source.path,
        name,
        str(source),
        expected=wanted.sha256,
        link=True,
        progress=reporter.advanced,
    )


def _fetch(
    wanted: Wanted,
    name: str,
    store: Store,
    reporter: Reporter,
    sleep: Callable[[float], None],
) -> Pulled:
    endpoint = hub.endpoint() if isinstance(wanted.source, HubSource) else None
    url = (
        wanted.source.url(endpoint or "")
        if isinstance(wanted.source, HubSource)
        else str(wanted.source)
    )
    key = hashlib.sha256((wanted.sha256 or url).encode()).hexdigest()[:32]
    part = store.partial / f"{key}.part"
    asked_at_ns = time.time_ns()
    with locked(part.with_suffix(".lock"), reporter.waiting):
        entry = _present(store, wanted.sha256) or _just_pulled(store, wanted.source, asked_at_ns)
        if entry is not None:  # by the process that we waited for
            return Pulled(entry, False, wanted.source)
        partial = Partial(part)
        with Web(endpoint, hub.token() if endpoint is not None else None) as web:
            download = Download(url, partial, web, reporter, wanted.sha256, wanted.size, sleep)
            try:
                sha256 = download.run()
            except OSError:
                partial.discard()  # a full disk keeps nothing half-made
                raise
        try:
            read_header(part)
        except ModelCorrupt as error:
            partial.discard()
            raise ModelCorrupt(
                f"{url} is not a GGUF model (a web page?); nothing was kept"
            ) from error
        source = wanted.source
        if isinstance(source, HubSource) and download.commit is not None:
            source = replace(source, revision=download.commit)
        entry = store.take(part, sha256, name, str(wanted.source))
        partial.discard()
        return Pulled(entry, True, source)


def _just_pulled(store: Store, source: Source, since_ns: int) -> Entry | None:
    for entry in store.entries():
        if entry.source == str(source) and os.stat(entry.path).st_ctime_ns >= since_ns:
            return entry
    return None
