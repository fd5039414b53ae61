"""A model that trains in seconds, and jobs for it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from slm_lsp.inference.cpu import physical_cores
from slm_lsp.models.digest import sha256_of
from slm_lsp.models.manifest import bundled_model
from slm_lsp.models.types import ModelFile
from slm_lsp.settings import Settings
from slm_lsp.tune import weights
from slm_lsp.tune.tuning import Job

# Time is never what ends a test's run.
PLENTY_OF_MINUTES = 600.0


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> ModelFile:
    """The bundled model with a short context: fast, and still able to learn."""
    network, tokenizer, _ = weights.load(bundled_model().path)
    network.rebuild_angles(512)
    path = tmp_path_factory.mktemp("tiny") / "tiny.gguf"
    weights.save(network, tokenizer, "slm-lsp-tiny", path, "q8_0")
    return ModelFile(path, sha256_of(path), path.stat().st_size, "slm-lsp-tiny")


@pytest.fixture
def a_job(tiny: ModelFile) -> Callable[..., Job]:
    def make(root: Path, **changes: object) -> Job:
        job = Job(root, Settings(), tiny, PLENTY_OF_MINUTES, physical_cores(), 40, None, 16)
        return replace(job, **changes)  # type: ignore[arg-type]

    return make


class Story:
    """A reporter that remembers, and can ask for a stop after some steps of training."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.stages: list[str] = []
        self.lines: list[str] = []
        self.shares: list[float] = []
        self._steps_left = stop_after

    def stage(self, name: str) -> None:
        self.stages.append(name)
        self.shares.clear()

    def advanced(self, share: float, note: str) -> None:
        assert not self.shares or share >= self.shares[-1]
        self.shares.append(share)
        if self.stages[-1] == "training" and self._steps_left is not None:
            self._steps_left -= 1

    def say(self, line: str) -> None:
        self.lines.append(line)

    def stopping(self) -> bool:
        return self._steps_left is not None and self._steps_left <= 0
