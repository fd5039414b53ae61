"""Every setting with its value and the places where it comes from."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from slm_lsp.config.reference import toml_value
from slm_lsp.config.specs import specs_of
from slm_lsp.config.types import Origin, Resolved
from slm_lsp.settings import Settings


@dataclass(frozen=True, slots=True)
class Row:
    """One setting. No origins: the default."""

    key: str
    value: Any
    origins: tuple[Origin, ...]

    @property
    def value_text(self) -> str:
        return "not set" if self.value is None else toml_value(self.value)

    def as_json(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "value": self.value,
            "from": [
                {
                    "source": str(origin.source),
                    "where": origin.where,
                    "line": origin.position.line if origin.position else None,
                }
                for origin in self.origins
            ],
        }


def values(resolved: Resolved) -> list[Row]:
    """All settings, in the order of the reference."""
    return list(_rows(Settings, resolved.settings, "", resolved))


def origin_text(row: Row) -> str:
    """`slm-lsp.toml:4 (repository)`, or the list of those that add up."""
    if not row.origins:
        return "default"
    return " + ".join(
        str(o) if str(o.source) in o.where else f"{o} ({o.source})" for o in row.origins
    )


def _rows(kind: type, section: Any, prefix: str, resolved: Resolved) -> Iterator[Row]:
    for spec in specs_of(kind).values():
        value = getattr(section, spec.key)
        key = f"{prefix}{spec.key}"
        if spec.is_section:
            if value is not None:
                yield from _rows(spec.kind, value, f"{key}.", resolved)
        else:
            yield Row(key, value, resolved.origins.get(key, ()))
