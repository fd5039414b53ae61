"""Layers in, settings out: defaults < user < repository < editor < what the editor keeps with the
workspace, with what a repository may not.

A repository is untrusted input, and so are settings that an editor keeps with a workspace. They can
only tighten what is kept private, name models by content, and name no place outside the repository.
What is wrong is left out and complained about; where that concerns the pin or privacy, no model
serves until it is corrected.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from slm_prompts.template import templates

from slm_lsp.config.check import Wrong, checked, did_you_mean, shown
from slm_lsp.config.fields import Merge
from slm_lsp.config.specs import Spec, specs_of
from slm_lsp.config.types import Complaint, KeyPath, Layer, Origin, Resolved
from slm_lsp.errors import ConfigError
from slm_lsp.models.sources import parse_repository_source, parse_source
from slm_lsp.printable import clip
from slm_lsp.settings import Settings

# Together these say which file is loaded and how it is read. A layer that names a model brings
# all of them, or the size of one model would be checked against the file of another.
IDENTITY = ("name", "sha256", "size", "source", "path", "template", "adapter")
NAMING = ("name", "sha256", "path")

# What hostile or hopeful files try; the answer is the same sentence for all.
NO_BUSINESS = ("command", "cmd", "exec", "run", "args", "env", "environment", "shell", "script")

Path = tuple[str, ...]


def resolve(layers: Iterable[Layer]) -> Resolved:
    """What is true when the layers are laid over each other, the last one on top."""
    values: dict[Path, Any] = {}
    origins: dict[Path, tuple[Origin, ...]] = {}
    complaints: list[Complaint] = []
    for layer in layers:
        reading = _Reading(layer)
        reading.read(specs_of(Settings), layer.options, ())
        if layer.source.is_a_strangers:
            reading.restrain()
        reading.check_sources()
        reading.check_template()
        complaints += [*layer.complaints, *reading.complaints]
        _lay_over(values, origins, reading)
    settings = _build(Settings, (), values)
    stopping = next((c for c in complaints if c.stops), None)
    if stopping is not None:
        problem = f"{stopping}; no model is loaded until this is corrected"
        settings = replace(settings, model=replace(settings.model, problem=problem))
    return Resolved(
        settings, tuple(complaints), {".".join(path): origins[path] for path in origins}
    )


class _Reading:
    """One layer, on its way from options to checked values."""

    def __init__(self, layer: Layer) -> None:
        self.layer = layer
        self.values: dict[Path, Any] = {}
        self.specs: dict[Path, Spec] = {}
        self.complaints: list[Complaint] = []

    def read(self, specs: Mapping[str, Spec], options: Mapping[str, Any], path: Path) -> None:
        for key, value in options.items():
            if not isinstance(key, str) or key not in specs:
                self._unknown(key, specs, path)
            elif value is not None:  # null is how editors send "not set"
                self._read_one(specs[key], value, (*path, key))

    def _read_one(self, spec: Spec, value: Any, path: Path) -> None:
        if spec.is_section:
            if isinstance(value, Mapping):
                self.read(specs_of(spec.kind), value, path)
            else:
                self.complain(
                    path, f"`{spec.key}` is a table, not {shown(value)}", value=True, stops=True
                )
            return
        try:
            self.values[path] = checked(spec, value)
            self.specs[path] = spec
        except Wrong as wrong:
            where: KeyPath = path if wrong.index is None else (*path, wrong.index)
            guarded = _keeps_private(path, spec) or _names_a_model(path)
            self.complain(where, wrong.message, value=True, stops=guarded)

    def restrain(self) -> None:
        """Take away what a repository may not set."""
        for path, spec in list(self.specs.items()):
            if spec.user_only:
                self.refuse(
                    path,
                    f"`{spec.key}` may be set in your own settings only, not by a repository",
                    stops=_names_a_model(path),
                )
        name = self.values.get(("model", "name"))
        if name not in (None, "bundled") and ("model", "sha256") not in self.values:
            self.refuse(
                ("model", "name"),
                "a repository names a model by its content: add `sha256 = …` "
                "(`slm-lsp models pull --pin` writes it)",
                stops=True,
            )
        if ("model", "adapter", "scale") in self.values or (
            "model",
            "adapter",
            "source",
        ) in self.values:
            if ("model", "adapter", "sha256") not in self.values:
                self.complain(("model", "adapter"), "an adapter is named by its sha256", stops=True)

    def check_sources(self) -> None:
        for path in (("model", "source"), ("model", "adapter", "source")):
            text = self.values.get(path)
            if text is None:
                continue
            try:
                if self.layer.source.is_a_strangers and self.layer.root is not None:
                    parse_repository_source(text, self.layer.root)
                else:
                    parse_source(text, self.layer.root)
            except ConfigError as error:
                self.refuse(path, str(error), value=True, stops=True)

    def check_template(self) -> None:
        name = self.values.get(("model", "template"))
        if name is not None and name not in templates():
            hint = did_you_mean(name, templates(), separator="-")
            self.refuse(("model", "template"), f"there is no template `{name}`{hint}", value=True)

    def refuse(self, path: Path, message: str, *, value: bool = False, stops: bool = False) -> None:
        del self.values[path], self.specs[path]
        self.complain(path, message, value=value, stops=stops)

    def complain(
        self, path: KeyPath, message: str, *, value: bool = False, stops: bool = False
    ) -> None:
        self.complaints.append(self.layer.complain(path, message, value=value, stops=stops))

    def _unknown(self, key: object, specs: Mapping[str, Spec], path: Path) -> None:
        word = clip(str(key), 40)
        untrusted = self.layer.source.is_a_strangers
        if untrusted and word.lower() in NO_BUSINESS:
            message = f"unknown key `{word}`: a repository names no command and no environment"
        else:
            message = f"unknown key `{word}`{did_you_mean(word, specs)}"
        # A mistyped `sha256` or `exclude` must not quietly pin nothing and exclude nothing.
        stops = untrusted and path[:1] in (("model",), ("privacy",))
        self.complain((*path, str(key)), message, stops=stops)


def _keeps_private(path: Path, spec: Spec) -> bool:
    """Whether a value that cannot be read may have been meant to keep something from the model."""
    return path[0] != "diagnostics" and spec.merge is not Merge.REPLACE


def _names_a_model(path: KeyPath) -> bool:
    return len(path) >= 2 and path[0] == "model" and path[1] in IDENTITY


def _lay_over(
    values: dict[Path, Any], origins: dict[Path, tuple[Origin, ...]], reading: _Reading
) -> None:
    layer = reading.layer
    if any(("model", key) in reading.values for key in NAMING):
        for path in [p for p in values if _names_a_model(p)]:
            del values[path], origins[path]
    for path, value in reading.values.items():
        origin = Origin(layer.source, layer.where, layer.locate(path))
        old = values.get(path)
        match reading.specs[path].merge:
            case Merge.ADD_UP if old:
                values[path] = (*old, *(item for item in value if item not in old))
                origins[path] = (*origins[path], origin)
                continue
            case Merge.ONLY_ON if old and not value:
                continue
            case Merge.ONLY_OFF if old is False and layer.source.is_a_strangers:
                continue
            case Merge.USER_FIRST if old and layer.source.is_a_strangers and _chose(origins[path]):
                continue
            case _:
                values[path], origins[path] = value, (origin,)


def _chose(origins: Iterable[Origin]) -> bool:
    """Whether the person has a part in a value."""
    return any(not origin.source.is_a_strangers for origin in origins)


def _build(section: type, path: Path, values: Mapping[Path, Any]) -> Any:
    chosen: dict[str, Any] = {}
    for spec in specs_of(section).values():
        inner = (*path, spec.key)
        if not spec.is_section:
            if inner in values:
                chosen[spec.key] = values[inner]
        elif not spec.optional or any(p[: len(inner)] == inner for p in values):
            chosen[spec.key] = _build(spec.kind, inner, values)
    return section(**chosen)
