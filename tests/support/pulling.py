"""Pulling a small model from a hub on this machine, and what is heard of it."""

import hashlib
import random
from dataclasses import dataclass, field

from slm_lsp.models.pull import Pulled, Wanted, pull
from slm_lsp.models.sources import parse_source
from slm_lsp.models.store import Store
from tests.support.gguf_files import Tensor, a_model

KEY = "team/model/tiny.gguf"
SOURCE = "hf:team/model/tiny.gguf"


@dataclass
class Heard:
    """A reporter that writes down what it hears."""

    waits: int = 0
    n_bytes: int = 0
    starts: list[tuple[int, int | None]] = field(default_factory=list)
    retries: list[str] = field(default_factory=list)

    def waiting(self) -> None:
        self.waits += 1

    def started(self, n_done: int, n_total: int | None) -> None:
        self.starts.append((n_done, n_total))

    def advanced(self, n_bytes: int) -> None:
        self.n_bytes += n_bytes

    def retrying(self, reason: str, delay_s: float) -> None:
        self.retries.append(reason)


def a_file(seed: int = 0, n_bytes: int = 50_000) -> bytes:
    """A readable model with so much noise in it that every byte counts."""
    model = a_model()
    noise = random.Random(seed).randbytes(n_bytes // 4 * 4)
    model.tensors = [*model.tensors, Tensor("noise", (len(noise) // 4,), 0, noise)]
    return model.bytes()


def fetch(
    store: Store, source: str = SOURCE, heard: Heard | None = None, **wanted: object
) -> Pulled:
    asked = Wanted(parse_source(source), **wanted)  # type: ignore[arg-type]
    return pull(asked, store, heard or Heard(), sleep=lambda _: None)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def leftovers(store: Store) -> list[str]:
    """What lies in `partial/`, but for locks."""
    return [p.name for p in store.partial.glob("*") if p.suffix != ".lock"]
