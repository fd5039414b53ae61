"""The settings reference, `docs/settings.md`, made from the dataclasses."""

from collections.abc import Iterator, Mapping
from typing import Any

from slm_lsp.config.check import expected
from slm_lsp.config.fields import Merge
from slm_lsp.config.specs import Spec, specs_of
from slm_lsp.settings import Settings

INTRODUCTION = """\
# Settings

<!-- Made by `slm-lsp config reference`; a test compares it with the code. -->

Settings are read from these places, the later ones on top:

1. the defaults below;
2. your own file, `slm-lsp config show` says where it lies;
3. the repository: `slm-lsp.toml` at its root, or `[tool.slm-lsp]` in `pyproject.toml`;
4. your editor: the same keys under `slm-lsp`, as JSON; where it has settings for one folder of
   several, those in that folder;
5. what your editor keeps with a workspace (`.vscode/settings.json` of VS Code): that may no more
   than a repository's.

Files are read again when they change. A change that cannot be used leaves the last good settings
in force and says so, with file, line and column.

A repository may be a stranger's. It can keep more from the model than you do, never less; what you
switched off it does not switch on; it names models by `sha256` only; it names no file outside
itself, no command and no environment. Settings marked *yours* are not read from a repository. Lists
marked *adds up* grow from place to place.

An error in what pins the model, or in what is kept private, stops the model until it is corrected:
nothing is served that nobody asked for.

`slm-lsp config check` checks the files, and `slm-lsp config init` writes one with comments.
For completion and checks in a TOML editor, begin the file with
`#:schema` and the place of [slm-lsp.schema.json](slm-lsp.schema.json).
"""


def reference_text() -> str:
    """The page as it is committed."""
    sections = "".join(_section(spec, ()) for spec in specs_of(Settings).values())
    return f"{INTRODUCTION}{sections}"


def _section(spec: Spec, path: tuple[str, ...]) -> str:
    specs = specs_of(spec.kind)
    path = (*path, spec.key)
    rows = "".join(_row(inner) for inner in specs.values() if not inner.is_section)
    nested = "".join(_section(inner, path) for inner in specs.values() if inner.is_section)
    return (
        f"\n## `[{'.'.join(path)}]`\n\n{spec.says}\n\n"
        f"| key | default | may be | meaning |\n| --- | --- | --- | --- |\n{rows}{nested}"
    )


def _row(spec: Spec) -> str:
    default = "not set" if spec.default is None else f"`{toml_value(spec.default)}`"
    says = " ".join([spec.says, *_marks(spec)])
    return f"| `{spec.key}` | {default} | {_escaped(expected(spec))} | {_escaped(says)} |\n"


def _marks(spec: Spec) -> Iterator[str]:
    if spec.user_only:
        yield "*Yours.*"
    match spec.merge:
        case Merge.ADD_UP:
            yield "*Adds up.*"
        case Merge.ONLY_ON:
            yield "*Once on, it stays on.*"
        case Merge.ONLY_OFF:
            yield "*A repository may switch it off, but not on again.*"
        case Merge.USER_FIRST:
            yield "*A repository does not change yours.*"
        case Merge.REPLACE:
            pass


def toml_value(value: Any) -> str:
    """A value as it stands in a TOML file."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(toml_value(item) for item in value)}]"
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{k} = {toml_value(v)}' for k, v in value.items())} }}"
    if isinstance(value, float) and value == int(value):
        return f"{value:.1f}"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")
