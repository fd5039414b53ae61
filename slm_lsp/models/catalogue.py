"""Known good models, from the package's `catalogue.toml`."""

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from slm_lsp.errors import ModelNotFound

# Q8_0 stores 32 weights in 34 bytes, and these files hold little else.
BYTES_PER_WEIGHT = 34 / 32


@dataclass(frozen=True, slots=True)
class CatalogueModel:
    """A published model. `infilling`: language → exact match in percent."""

    name: str
    family: str
    parameters: int
    licence: str
    template: str
    n_ctx_train: int
    source: str | None = None
    infilling: Mapping[str, float] = field(default_factory=dict)

    @property
    def about_bytes(self) -> int:
        return int(self.parameters * BYTES_PER_WEIGHT)


@cache
def catalogue() -> tuple[CatalogueModel, ...]:
    """All models, the smallest first."""
    text = (Path(__file__).parent / "catalogue.toml").read_text(encoding="utf-8")
    models = [CatalogueModel(**table) for table in tomllib.loads(text)["model"]]
    return tuple(sorted(models, key=lambda model: model.parameters))


def catalogue_model(name: str) -> CatalogueModel:
    """The model of that name. Raises ModelNotFound with the nearest name."""
    models = {model.name: model for model in catalogue()}
    if name in models:
        return models[name]
    near = difflib.get_close_matches(name.lower(), models, n=1, cutoff=0.4)
    hint = f"did you mean {near[0]}?" if near else "see `slm-lsp models recommend`"
    raise ModelNotFound(f"{name[:80]} is neither a source nor a model of the catalogue; {hint}")
