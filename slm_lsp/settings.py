"""Settings: what is true, resolved once and frozen. Options are what was sent or written.

Every setting says here what it means, what it may be, and who may set it. The checks, the
JSON schema, the reference in docs/settings.md and `slm-lsp config` are all made from this file.
"""

from dataclasses import dataclass, field

from slm_lsp.config.fields import Merge, SetBy, section, setting
from slm_lsp.globs import wrong_with

SHA256 = r"[0-9a-f]{64}"
SHA256_SAYS = "64 lower-case hexadecimal digits"
# Names are shown to people and compared, never made into a path.
NAME = r"[A-Za-z0-9][A-Za-z0-9._+-]{0,99}"
NAME_SAYS = "letters, digits and . _ + -, at most 100"
GLOB = r"[^\x00-\x1f]{1,200}"
GLOB_SAYS = "a gitignore pattern of at most 200 characters"
# Lists of exclusions add up, and the last pattern wins: one with `!` would take back what another
# layer excludes. Some read `!` behind blanks, too.
EXCLUSION = rf"(?!\s*!){GLOB}"
EXCLUSION_SAYS = f"{GLOB_SAYS} that does not begin with `!`"
# The largest file that may be pinned: 1 TiB, far above any model that could answer in time.
MAX_FILE_BYTES = 2**40


@dataclass(frozen=True, slots=True)
class AdapterSettings:
    """A LoRA adapter on top of the model, pinned in the same way."""

    sha256: str | None = setting(
        None, "The adapter file's sha256.", pattern=SHA256, pattern_says=SHA256_SAYS
    )
    size: int | None = setting(
        None, "The adapter file's size in bytes.", minimum=1, maximum=MAX_FILE_BYTES
    )
    source: str | None = setting(
        None, "Where `slm-lsp models pull` finds the adapter.", pattern=r"[^\x00-\x20]{1,500}"
    )
    scale: float = setting(1.0, "How strongly the adapter acts.", minimum=0.0, maximum=10.0)


@dataclass(frozen=True, slots=True)
class SamplingSettings:
    """How the next token is chosen."""

    temperature: float = setting(
        0.0,
        "Always takes the likeliest token at 0; higher values vary more. Answers may differ at 0, "
        "too: a machine that is busy or slow reads less of the file before the deadline.",
        minimum=0.0,
        maximum=2.0,
    )
    seed: int = setting(
        0, "Makes sampling above temperature 0 repeatable.", minimum=0, maximum=2**31 - 1
    )


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """Which model serves. `name` "bundled" is the one in the package."""

    name: str = setting(
        "bundled",
        "The model's name. `bundled` is the model in the package; a repository names any other "
        "model by `sha256` as well.",
        pattern=NAME,
        pattern_says=NAME_SAYS,
    )
    sha256: str | None = setting(
        None,
        "Pins the model file by its content. A file with another content is not loaded.",
        pattern=SHA256,
        pattern_says=SHA256_SAYS,
    )
    size: int | None = setting(
        None, "The model file's size in bytes.", minimum=1, maximum=MAX_FILE_BYTES
    )
    source: str | None = setting(
        None,
        "Where `slm-lsp models pull` finds the file: `hf:owner/repo/file.gguf@revision`, "
        "`https://…` or `file:…`. Nothing else ever follows it.",
        pattern=r"[^\x00-\x20]{1,500}",
        pattern_says="hf:owner/repo/file.gguf@revision, https://… or file:…",
        examples=("hf:owner/repo/model.gguf@main", "file:models/model.gguf"),
    )
    path: str | None = setting(
        None,
        "A model file outside the store, for trying things out.",
        pattern=r"[^\x00]{1,4000}",
        set_by=SetBy.USER,
    )
    adapter: AdapterSettings | None = field(
        default=None, metadata={"says": "A LoRA adapter on top of the model."}
    )
    template: str | None = setting(
        None,
        "The fill-in-the-middle layout. Not set: chosen from the model's own metadata.",
        pattern=NAME,
        pattern_says=NAME_SAYS,
        examples=("qwen-coder-v1",),
    )
    n_ctx: int = setting(
        1024,
        "Context in tokens; never more than the model was trained for.",
        minimum=256,
        maximum=131_072,
    )
    n_threads: int | None = setting(
        None,
        "Threads. Not set: the physical cores that a container leaves, less under load.",
        minimum=1,
        maximum=256,
        set_by=SetBy.USER,
    )
    sampling: SamplingSettings = section(SamplingSettings, "How the next token is chosen.")
    shared_stores: tuple[str, ...] = setting(
        (),
        "Further stores that are only read, such as a team's network share. "
        "SLM_LSP_SHARED names them too.",
        pattern=r"[^\x00]{1,4000}",
        set_by=SetBy.USER,
    )
    # Not an option: why no model may be loaded, such as a pin that cannot be read. Falling back
    # to another model would serve what nobody asked for.
    problem: str | None = field(default=None, metadata={"internal": True})


@dataclass(frozen=True, slots=True)
class CompletionSettings:
    """When suggestions appear, and how long they may be."""

    enabled: bool = setting(True, "Offer completions.", merge=Merge.ONLY_OFF)
    disabled_languages: tuple[str, ...] = setting(
        (),
        "LSP language ids that get no automatic completions.",
        pattern=r"[^\x00-\x20]{1,60}",
        merge=Merge.ADD_UP,
        examples=("markdown",),
    )
    disabled_globs: tuple[str, ...] = setting(
        (),
        "Files that get no automatic completions, as gitignore patterns.",
        pattern=EXCLUSION,
        pattern_says=EXCLUSION_SAYS,
        wrong_with=wrong_with,
        merge=Merge.ADD_UP,
        examples=("*.min.js",),
    )
    automatic_deadline_ms: float = setting(
        250.0,
        "Milliseconds within which an automatic suggestion has to be there.",
        minimum=10,
        maximum=60_000,
    )
    invoked_deadline_ms: float = setting(
        1500.0,
        "Milliseconds within which a suggestion asked for by hand has to be there.",
        minimum=10,
        maximum=60_000,
    )
    max_line_tokens: int = setting(
        48, "The longest single-line suggestion, in tokens.", minimum=1, maximum=1024
    )
    max_block_tokens: int = setting(
        128, "The longest suggestion of several lines, in tokens.", minimum=1, maximum=4096
    )
    show_at_least_percent: float = setting(
        60.0,
        "Show an automatic suggestion when it begins right at least this often, in percent, and "
        "probably saves more time than reading it takes. 0 shows all of them. Asked for by hand, "
        "every suggestion is shown.",
        minimum=0,
        maximum=100,
    )
    n_candidates: int = setting(
        3, "How many suggestions to choose from when asked by hand.", minimum=1, maximum=3
    )
    multi_line: bool = setting(True, "Suggest whole blocks where one is wanted.")
    debounce_ms: float | None = setting(
        None,
        "Milliseconds to wait after a keystroke. Not set: adapts to the typing rhythm.",
        minimum=0,
        maximum=10_000,
        examples=(75,),
    )
    battery: str = setting(
        "auto",
        "Save power: ask the model at pauses only, about half as much, and nothing ahead. `auto` "
        "does so while the machine runs on its battery (known on Linux), `on` always, `off` never.",
        pattern="auto|on|off",
        pattern_says="auto, on or off",
        set_by=SetBy.USER,
    )


@dataclass(frozen=True, slots=True)
class ContextSettings:
    """What the model sees of the rest of the repository."""

    enabled: bool = setting(True, "Show the model snippets of other files.", merge=Merge.ONLY_OFF)
    include: tuple[str, ...] = setting(
        (),
        "Only files that match these gitignore patterns are read for context. Empty: all.",
        pattern=GLOB,
        pattern_says=GLOB_SAYS,
        wrong_with=wrong_with,
        merge=Merge.USER_FIRST,
    )
    exclude: tuple[str, ...] = setting(
        (),
        "Files that are never read for context, as gitignore patterns.",
        pattern=EXCLUSION,
        pattern_says=EXCLUSION_SAYS,
        wrong_with=wrong_with,
        merge=Merge.ADD_UP,
        examples=("vendor/", "*.pb.go"),
    )
    max_snippets: int = setting(6, "How many snippets a prompt holds.", minimum=0, maximum=64)
    max_snippet_tokens: int = setting(
        300, "The budget of all snippets together, in tokens.", minimum=0, maximum=65_536
    )
    deadline_ms: float = setting(
        15.0,
        "Milliseconds that may be spent on finding snippets: nothing more is looked for then. "
        "What still takes four times as long is given up.",
        minimum=1,
        maximum=5_000,
    )


@dataclass(frozen=True, slots=True)
class DiagnosticsSettings:
    """Which findings are shown."""

    enabled: bool = setting(True, "Show diagnostics.", merge=Merge.ONLY_OFF)
    syntax: bool = setting(True, "Show syntax errors with their fixes.", merge=Merge.ONLY_OFF)
    hints: bool = setting(False, "Show hints that need the model's agreement.")
    review_model: str | None = setting(
        None,
        "The instruct model of `slm-lsp check --review`, by its name in the store. Not set: the "
        "model that serves.",
        pattern=NAME,
        pattern_says=NAME_SAYS,
        set_by=SetBy.USER,
        examples=("qwen2.5-coder-7b-instruct",),
    )
    review_min_billions: float = setting(
        3.0,
        "Billions of parameters that a model needs to review a change. Smaller ones propose more "
        "that is wrong.",
        minimum=0,
        maximum=10_000,
        set_by=SetBy.USER,
    )
    disabled_rules: tuple[str, ...] = setting(
        (),
        "Rules that are never shown.",
        pattern=NAME,
        pattern_says=NAME_SAYS,
        merge=Merge.ADD_UP,
        examples=("misspelt-name",),
    )


@dataclass(frozen=True, slots=True)
class PrivacySettings:
    """What is kept from the model. Every layer can tighten these; none can loosen them."""

    require_sandbox: bool = setting(
        False,
        "Serve only where the operating system takes the network away from the model's process.",
        merge=Merge.ONLY_ON,
    )
    exclude: tuple[str, ...] = setting(
        (),
        "Files that never enter a prompt, the index or a log, as gitignore patterns.",
        pattern=EXCLUSION,
        pattern_says=EXCLUSION_SAYS,
        wrong_with=wrong_with,
        merge=Merge.ADD_UP,
        examples=("secrets/",),
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set."""

    model: ModelSettings = section(ModelSettings, "Which model serves.")
    completion: CompletionSettings = section(
        CompletionSettings, "When suggestions appear, and how long they may be."
    )
    context: ContextSettings = section(
        ContextSettings, "What the model sees of the rest of the repository."
    )
    diagnostics: DiagnosticsSettings = section(DiagnosticsSettings, "Which findings are shown.")
    privacy: PrivacySettings = section(
        PrivacySettings,
        "What is kept from the model. Every layer can tighten these; none can loosen them.",
    )
