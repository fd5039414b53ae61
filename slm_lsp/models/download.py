"""One file over HTTP, whole or not at all: resumed where it stopped, hashed on the way."""

import hashlib
import os
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from slm_lsp.errors import ModelError, ModelMismatch
from slm_lsp.models.digest import sha256_of
from slm_lsp.models.memory import human
from slm_lsp.models.partial import Partial
from slm_lsp.models.web import Answer, Transient, Web
from slm_lsp.settings import MAX_FILE_BYTES

# Attempts in a row that bring no new byte. Any progress starts the count again.
MAX_FRUITLESS = 6
MAX_DELAY_S = 60.0
BLOCK_BYTES = 1 << 20
# Left free on the disk: other programs need some, too.
SPARE_BYTES = 64 << 20


class Reporter(Protocol):
    """Who hears how it goes."""

    def waiting(self) -> None: ...
    def started(self, n_done: int, n_total: int | None) -> None: ...
    def advanced(self, n_bytes: int) -> None: ...
    def retrying(self, reason: str, delay_s: float) -> None: ...


@dataclass(slots=True)
class Download:
    """What is wanted, and what the server says about it."""

    url: str
    part: Partial
    web: Web
    reporter: Reporter
    pinned_sha256: str | None = None
    pinned_size: int | None = None
    sleep: Callable[[float], None] = time.sleep
    announced_sha256: str | None = field(default=None, init=False)
    commit: str | None = field(default=None, init=False)  # where the hub's branch stands
    resumed: bool = field(default=False, init=False)

    @property
    def expected_sha256(self) -> str | None:
        return self.pinned_sha256 or self.announced_sha256

    def run(self) -> str:
        """Fetch what is missing; the result is the file's sha256. Raises ModelError."""
        sha256 = self._until_complete()
        if sha256 != (self.expected_sha256 or sha256) and self.resumed:
            # The first part may be of an older file: once more, from the beginning.
            self.part.discard()
            sha256 = self._until_complete()
        if sha256 != (self.expected_sha256 or sha256):
            self.part.discard()
            raise ModelMismatch(
                f"{self.url} is not the file that was asked for: its sha256 is {sha256[:12]}…, "
                f"expected {str(self.expected_sha256)[:12]}…; nothing was kept"
            )
        return sha256

    def _until_complete(self) -> str:
        fruitless = 0
        while True:
            before = self.part.n_bytes
            try:
                return self._once()
            except Transient as trouble:
                fruitless = 0 if self.part.n_bytes > before else fruitless + 1
                if fruitless >= MAX_FRUITLESS:
                    raise ModelError(
                        f"gave up on {self.url}: {trouble}; what has arrived is kept, run the "
                        "same command again to go on"
                    ) from trouble
                delay_s = min(trouble.delay_s or 0.5 * 2**fruitless, MAX_DELAY_S)
                self.reporter.retrying(str(trouble), delay_s)
                self.sleep(delay_s)

    def _once(self) -> str:
        n_done = self.part.n_bytes
        known = self.part.remembered(self.url)
        validator = known.get("validator")
        if not (validator or known.get("sha256") or self.pinned_sha256):
            n_done = 0  # nothing says that the rest would be of the same file
        headers = {"Range": f"bytes={n_done}-"} if n_done else {}
        if n_done and validator:
            headers["If-Range"] = validator
        with self.web.get(self.url, headers) as answer:
            self._compare_with_pin(answer, known)
            if answer.status == 416:
                return self._complete_already(answer, n_done)
            if not self._continues(answer, n_done):
                n_done = 0
            self.resumed = n_done > 0
            total = self._total(answer, n_done)
            self._check_room(total, n_done)
            self.part.remember(self.url, answer.headers, answer.announced_sha256)
            return self._receive(answer, n_done, total)

    def _receive(self, answer: Answer, n_done: int, total: int | None) -> str:
        digest = hashlib.sha256()
        limit = total if total is not None else self.pinned_size or MAX_FILE_BYTES
        self.reporter.started(n_done, total)
        with self.part.path.open("r+b" if n_done else "w+b") as file:
            left = n_done
            while left and (block := file.read(min(left, BLOCK_BYTES))):
                digest.update(block)
                left -= len(block)
            file.truncate(n_done)
            for chunk in answer.chunks():
                n_done += len(chunk)
                if n_done > limit:
                    break
                digest.update(chunk)
                file.write(chunk)
                self.reporter.advanced(len(chunk))
            file.flush()
            os.fsync(file.fileno())
        if n_done > limit:
            self.part.discard()
            raise ModelError(f"{self.url} sends more than the {limit} bytes that it announced")
        if total is not None and n_done < total:
            raise Transient(f"the connection ended after {human(n_done)} of {human(total)}")
        return digest.hexdigest()

    def _complete_already(self, answer: Answer, n_done: int) -> str:
        """Nothing is left to fetch: we were ended between the last byte and the store."""
        if answer.headers.get("content-range") != f"bytes */{n_done}":
            self.part.discard()
            raise Transient("the server has fewer bytes than have arrived")
        self.resumed = True
        self.reporter.started(n_done, n_done)
        return sha256_of(self.part.path)

    def _compare_with_pin(self, answer: Answer, known: dict[str, str]) -> None:
        """Before a byte is fetched: is this what is pinned, and what was begun?"""
        announced = answer.announced_sha256
        if announced and self.pinned_sha256 not in (None, announced):
            raise ModelMismatch(
                f"{self.url} is another file now: the hub announces {announced[:12]}…, the pin "
                f"says {str(self.pinned_sha256)[:12]}…; nothing was fetched"
            )
        if known.get("sha256") and announced != known["sha256"]:
            self.part.discard()
            raise Transient("the file on the hub has changed")
        self.announced_sha256 = announced
        self.commit = answer.commit

    def _continues(self, answer: Answer, n_done: int) -> bool:
        """Whether the answer goes on where the part ends; else it is the whole file."""
        if answer.status != 206:
            return False
        found = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", answer.headers.get("content-range", ""))
        if found is None or int(found[1]) != n_done:
            self.part.discard()
            raise Transient("the server sent another part than was asked for")
        return True

    def _total(self, answer: Answer, n_done: int) -> int | None:
        length = answer.headers.get("content-length", "")
        whole = answer.headers.get("content-range", "").rpartition("/")[2]
        total = int(length) + n_done if re.fullmatch(r"\d{1,15}", length) else None
        if total is None and re.fullmatch(r"\d{1,15}", whole):
            total = int(whole)
        expectations = (("the pin says", self.pinned_size), ("the hub says", answer.announced_size))
        for says, size in expectations:
            if size is not None and total is not None and total != size:
                self.part.discard()
                raise ModelMismatch(
                    f"{self.url} has {total} bytes, and {says} {size}; nothing was fetched"
                )
        return total

    def _check_room(self, total: int | None, n_done: int) -> None:
        free = shutil.disk_usage(self.part.path.parent).free
        missing = (total or self.pinned_size or n_done) - n_done
        if missing + SPARE_BYTES > free:
            raise ModelError(
                f"{human(missing)} are missing and {human(free)} are free on the disk; make room "
                "with `slm-lsp models gc`, or set SLM_LSP_HOME to a folder on another disk"
            )
