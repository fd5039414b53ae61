"""What each key may be, read off the dataclasses of `slm_lsp.settings`."""

import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from slm_lsp.config.fields import Merge, SetBy


@dataclass(frozen=True, slots=True)
class Spec:
    """One key. `kind` is str, int, float, bool, tuple (of strings) or a section's dataclass."""

    key: str
    kind: type
    optional: bool
    default: Any
    rules: Mapping[str, Any]

    @property
    def says(self) -> str:
        return self.rules.get("says", "")

    @property
    def merge(self) -> Merge:
        return self.rules.get("merge", Merge.REPLACE)

    @property
    def user_only(self) -> bool:
        return self.rules.get("set_by") is SetBy.USER

    @property
    def is_section(self) -> bool:
        return is_dataclass(self.kind)


@cache
def specs_of(section: type) -> Mapping[str, Spec]:
    """The keys of a section, in the order in which they are written down."""
    hints = get_type_hints(section)
    return {
        f.name: _spec(f, hints[f.name])
        for f in fields(section)
        if not f.metadata.get("internal", False)
    }


def _spec(field: Field[Any], hint: Any) -> Spec:
    optional = False
    if get_origin(hint) in (Union, types.UnionType):
        (hint,) = (arg for arg in get_args(hint) if arg is not type(None))
        optional = True
    kind = tuple if get_origin(hint) is tuple else hint
    if field.default is not MISSING:
        default = field.default
    else:
        assert field.default_factory is not MISSING, f"{field.name} has no default"
        default = field.default_factory()
    return Spec(field.name, kind, optional, default, field.metadata)
