"""The folder of one tuning run: everything that going on needs, and afterwards only the report."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from slm_lsp.errors import CannotTune
from slm_lsp.models.lock import locked
from slm_lsp.models.store import replace_text, storage_error
from slm_lsp.places import cache_of

FORMAT = 1
# The weights, their averages and a second copy while saving, in 32 bits each.
BYTES_PER_WEIGHT = 4 * 4 * 2


@dataclass(frozen=True, slots=True)
class State:
    """What was decided when the run began, and how far it is."""

    model: str  # sha256 of what is tuned
    seed: int
    minutes: float
    n_cases: int
    format: int = FORMAT
    ask_seconds: float = 0.0  # that the questions before training took
    train_minutes: float | None = None  # decided when they are answered
    half: bool | None = None  # whether to multiply in bf16, found out before the first step

    def is_of(self, other: "State") -> bool:
        keys = ("format", "model", "seed", "n_cases")
        return all(getattr(self, key) == getattr(other, key) for key in keys)


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Where everything of a run lies, by what it is."""

    path: Path

    @property
    def texts(self) -> Path:
        return self.path / "texts.jsonl"

    @property
    def before(self) -> Path:
        return self.path / "before.jsonl"

    @property
    def after(self) -> Path:
        return self.path / "after.jsonl"

    @property
    def tuned(self) -> Path:
        return self.path / "tuned.gguf"

    @property
    def report(self) -> Path:
        return self.path / "report.json"

    def state(self) -> State | None:
        try:
            return State(**json.loads((self.path / "state.json").read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def write_state(self, state: State) -> State:
        replace_text(self.path / "state.json", json.dumps(asdict(state)) + "\n")
        return state

    def update(self, state: State, **changes: object) -> State:
        return self.write_state(replace(state, **changes))  # type: ignore[arg-type]

    def clear(self) -> None:
        """Remove everything but the last report: source text lies here no longer than needed."""
        for entry in self.path.iterdir():
            if entry.name in ("report.json", "loss.csv", "lock"):
                continue
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()

    def check_room(self, n_weights: int) -> None:
        needed = n_weights * BYTES_PER_WEIGHT + 50_000_000
        free = shutil.disk_usage(self.path).free
        if free < needed:
            raise CannotTune(
                f"tuning needs {needed / 1e6:,.0f} MB in {self.path}, and {free / 1e6:,.0f} MB are "
                "free; make room, or set SLM_LSP_HOME to a folder on another disk"
            )


@contextmanager
def run_folder(root: Path) -> Iterator[RunFolder]:
    """The folder of a repository's runs, held by this process alone."""
    folder = RunFolder(cache_of(root, "tune"))

    def taken() -> None:
        raise CannotTune(f"{root} is being tuned by another process; wait for it, or stop it")

    try:
        folder.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        with locked(folder.path / "lock", taken):
            yield folder
    except OSError as error:
        raise storage_error(error, "save the tuning run") from error
