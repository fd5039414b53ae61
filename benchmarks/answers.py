"""A model whose answers are kept: what was asked once is read from a file the next time.

Studies of filters and thresholds ask the same questions again and again; with the answers on
disk they need no model. The file belongs to one model and may be deleted at any time.
"""

import hashlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from slm_lsp.inference.client import ModelClient, WorkerState
from slm_lsp.inference.wire import Chunk, Done, EndReason, Generate, ModelInfo, Score, Scores, Warm


class KeptAnswers:
    """`ModelClient` that asks `client` only what its file does not know."""

    def __init__(self, client: ModelClient, path: Path) -> None:
        self._client = client
        self._path = path
        self._answers: dict[str, list[Any]] = {}
        self.n_asked = 0
        if path.exists():
            for line in path.read_text("utf-8").splitlines():
                entry = json.loads(line)
                self._answers[entry["key"]] = entry["answer"]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    @property
    def state(self) -> WorkerState:
        return self._client.state

    @property
    def model(self) -> ModelInfo | None:
        return self._client.model

    def subscribe(self, listener: Callable[[WorkerState, str], None]) -> None:
        self._client.subscribe(listener)

    async def start(self) -> None:
        await self._client.start()

    async def close(self) -> None:
        await self._client.close()

    async def warm(self, request: Warm) -> Done:
        """Nothing needs to be warm where nothing is computed."""
        return Done(request.id, EndReason.END, 0, 0, 0, 0.0, 0.0)

    async def score(self, request: Score) -> Scores:
        return await self._client.score(request)

    async def generate(self, request: Generate) -> AsyncIterator[Chunk | Done]:
        key = self._key(request)
        kept = self._answers.get(key)
        if kept is None:
            # To the end, whatever the caller wants of it: another study may want more.
            kept = [_packed(item) async for item in self._client.generate(request)]
            self._answers[key] = kept
            self.n_asked += 1
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as file:
                print(json.dumps({"key": key, "answer": kept}), file=file)
        for item in kept:
            yield _unpacked(item)

    def _key(self, request: Generate) -> str:
        model = self._client.model
        assert model is not None, "start() was awaited"
        asked = asdict(request)
        # Neither changes what a model that is given its time answers.
        del asked["id"], asked["deadline_ms"]
        named = json.dumps([model.sha256, asked], sort_keys=True)
        return hashlib.sha256(named.encode("utf-8", "surrogatepass")).hexdigest()


def _packed(item: Chunk | Done) -> list[Any]:
    return [type(item).__name__, asdict(item)]


def _unpacked(packed: list[Any]) -> Chunk | Done:
    kind, fields = packed
    if kind == "Done":
        return Done(**{**fields, "reason": EndReason(fields["reason"])})
    return Chunk(**{**fields, "tokens": tuple((text, value) for text, value in fields["tokens"])})
