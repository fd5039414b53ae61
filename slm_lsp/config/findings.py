"""What is wrong with a settings file that is open in an editor, with its places and its fixes."""

import re
from collections.abc import Iterator
from pathlib import Path

from slm_context.cursor import line_starts

from slm_lsp.config.resolve import resolve
from slm_lsp.config.toml import BrokenToml, TomlText
from slm_lsp.config.types import Complaint, Layer, Position, Source
from slm_lsp.diagnostics.types import Edit, Finding, Fix, Severity
from slm_lsp.errors import ModelError

RULE = "settings"
MEANT = re.compile(r"did you mean `([^`]+)`\?")
TOKEN = re.compile(r"[\w.-]+|\"[^\"\r\n]*\"|'[^'\r\n]*'|[^\r\n]")
# Where a complaint about the model itself belongs, best first.
MODEL_KEYS = (("model", "sha256"), ("model", "path"), ("model", "name"), ("model",))


def settings_findings(text: str, root: Path) -> list[Finding]:
    """Complaints about `slm-lsp.toml` with this text, in the repository at `root`.

    Looks for the model on this machine, and compares its content with the pin.
    """
    try:
        toml = TomlText(text.encode("utf-8", "replace"))
    except BrokenToml as broken:
        return [_finding(text, broken.message, broken.position, Severity.ERROR)]
    layer = Layer(Source.REPOSITORY, "slm-lsp.toml", toml.options, root, toml.locate)
    resolved = resolve([layer])
    found = list(_complaints(text, resolved.complaints))
    if not any(complaint.stops for complaint in resolved.complaints):
        try:
            from slm_lsp.models import resolve_model

            resolve_model(resolved.settings.model)
        except ModelError as error:
            at = next((place for key in MODEL_KEYS if (place := toml.locate(key))), None)
            found.append(_finding(text, str(error), at, Severity.WARNING))
    return found


def _complaints(text: str, complaints: tuple[Complaint, ...]) -> Iterator[Finding]:
    for one in complaints:
        severity = Severity.ERROR if one.stops else Severity.WARNING
        yield _finding(text, one.message, one.position, severity)


def _finding(text: str, message: str, position: Position | None, severity: Severity) -> Finding:
    start = _offset(text, position) if position is not None else 0
    token = TOKEN.match(text, start)
    end = token.end() if token else start
    meant = MEANT.search(message)
    fixes: tuple[Fix, ...] = ()
    if meant is not None and token is not None:
        # The key in a dotted key is one part of it.
        part = re.compile(r"[\w-]+").match(text, start)
        end = part.end() if part else end
        fixes = (Fix(f"Change to `{meant[1]}`", Edit(start, end, meant[1]), preferred=True),)
    return Finding(RULE, start, end, f"{message[:1].upper()}{message[1:]}.", severity, fixes)


def _offset(text: str, position: Position) -> int:
    starts = line_starts(text)
    start = starts[min(position.line, len(starts)) - 1]
    return min(start + position.column - 1, len(text))
