"""The model in the package: what it is, known without reading its megabytes at each start."""

import sys
import tomllib
from functools import cache
from pathlib import Path

from slm_lsp.errors import ModelCorrupt, ModelNotFound
from slm_lsp.models.digest import sha256_of
from slm_lsp.models.types import ModelFile

BUNDLED = Path(__file__).parent / "bundled"
MANIFEST = BUNDLED / "manifest.toml"

REINSTALL = "reinstall slm-lsp"
HEADING = """\
# What the package holds. `python -m slm_lsp.models.manifest MODEL.gguf` rewrites this file;
# a test and `slm-lsp doctor` compare it with the model.
"""


@cache
def bundled_model() -> ModelFile:
    """The model that serves out of the box."""
    try:
        manifest = tomllib.loads(MANIFEST.read_text(encoding="utf-8"))
        path = BUNDLED / manifest["file"]
        size = path.stat().st_size
    except FileNotFoundError as error:
        raise ModelNotFound(f"{error.filename} is missing from the package; {REINSTALL}") from error
    if size != manifest["size"]:
        raise ModelCorrupt(
            f"{path} has {size} bytes instead of {manifest['size']}: the installation is damaged; "
            f"{REINSTALL}"
        )
    return ModelFile(path, manifest["sha256"], size, manifest["name"])


def verify_bundled() -> ModelFile:
    """The bundled model, after reading all of it."""
    model = bundled_model()
    if sha256_of(model.path) != model.sha256:
        raise damaged(model)
    return model


def damaged(model: ModelFile) -> ModelCorrupt:
    return ModelCorrupt(
        f"{model.path} is not the file that was released: the installation is damaged; {REINSTALL}"
    )


def write_manifest(model: Path) -> None:
    """Describe `model`, which lies in the package already."""
    MANIFEST.write_text(
        f"{HEADING}"
        f'name = "{model.stem.removesuffix("-Q8_0")}"\n'
        f'file = "{model.name}"\n'
        f'sha256 = "{sha256_of(model)}"\n'
        f"size = {model.stat().st_size}\n",
        encoding="utf-8",
    )


if __name__ == "__main__":
    write_manifest(Path(sys.argv[1]))
