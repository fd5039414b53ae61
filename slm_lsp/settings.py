"""Settings: what is true, resolved once and frozen. Options are what was sent or written."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """Which model serves. `name` "bundled" is the one in the package."""

    name: str = "bundled"
    sha256: str | None = None
    size: int | None = None
    source: str | None = None
    template: str | None = None  # None: chosen from the model's own metadata
    n_ctx: int = 1024  # tokens; never more than the model was trained for
    n_threads: int | None = None  # None: physical cores, less under load


@dataclass(frozen=True, slots=True)
class CompletionSettings:
    enabled: bool = True
    disabled_languages: tuple[str, ...] = ()
    disabled_globs: tuple[str, ...] = ()
    automatic_deadline_ms: float = 250.0
    invoked_deadline_ms: float = 1500.0
    max_line_tokens: int = 48
    max_block_tokens: int = 128
    multi_line: bool = True
    debounce_ms: float | None = None  # None: adapts to the typing rhythm


@dataclass(frozen=True, slots=True)
class ContextSettings:
    enabled: bool = True
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    max_snippets: int = 3
    max_snippet_tokens: int = 300
    deadline_ms: float = 15.0


@dataclass(frozen=True, slots=True)
class DiagnosticsSettings:
    enabled: bool = True
    syntax: bool = True
    hints: bool = False
    disabled_rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PrivacySettings:
    require_sandbox: bool = False
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Settings:
    model: ModelSettings = field(default_factory=ModelSettings)
    completion: CompletionSettings = field(default_factory=CompletionSettings)
    context: ContextSettings = field(default_factory=ContextSettings)
    diagnostics: DiagnosticsSettings = field(default_factory=DiagnosticsSettings)
    privacy: PrivacySettings = field(default_factory=PrivacySettings)
