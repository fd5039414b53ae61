"""What is said, with the cure, where the file that the settings name is not there."""

from pathlib import Path

from slm_lsp.models.manifest import bundled_model
from slm_lsp.settings import ModelSettings

PULL = "run `slm-lsp models pull`"
CHANGE_PATH = "change `model.path` in your settings"


def not_here(settings: ModelSettings) -> str:
    """Of a model that is named, not by its path, and that is in no store."""
    bundled = bundled_model()
    if settings.sha256 is None:
        return (
            f"{settings.name} is not in the store, and not pinned; give its source: "
            "`slm-lsp models pull SOURCE --pin`"
        )
    was_bundled = settings.name == "bundled" or _without_version(settings.name) == (
        _without_version(bundled.name)
    )
    if was_bundled and settings.source is None:
        return (
            f"the pinned model {settings.sha256[:12]}… is the bundled model of another version of "
            f"slm-lsp, and this one has {bundled.sha256[:12]}…; install that version, or pin this "
            "one with `slm-lsp config init --force`"
        )
    name = "the pinned model" if settings.name == "bundled" else f"the model {settings.name}"
    how = how_to_get(settings.source, "model")
    return f"{name} ({settings.sha256[:12]}…) is not on this machine; {how}"


def _without_version(name: str) -> str:
    """`slm-lsp-mini-v2` → `slm-lsp-mini-v`: each version of slm-lsp may bundle the next one."""
    return name.rstrip("0123456789")


def how_to_get(source: str | None, section: str) -> str:
    """How what is pinned comes to this machine."""
    if source is not None:
        return PULL
    return (
        f"[{section}] has no `source`: ask a colleague for the file, then `slm-lsp models add FILE`"
    )


def why_no_file(path: Path) -> str:
    """Of a path where no file is: what is there instead."""
    if path.is_dir():
        return f"{path} is a folder and no file"
    return f"{path} is no regular file" if path.exists() else f"{path} does not exist"
