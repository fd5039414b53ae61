"""Everything slm-lsp can complain about, as one small tree.

    SlmError
    ├── ConfigError            a settings file or an editor setting is wrong
    ├── ModelError             a model cannot be used
    │   ├── ModelNotFound      no such model in the store or the package
    │   ├── ModelMismatch      the file is not the one that is pinned
    │   ├── ModelCorrupt       the file is not a readable GGUF
    │   └── ModelUnsuitable    readable, but not for fill-in-the-middle
    ├── CannotTune             `slm-lsp tune` has no model, no packages or too little code
    ├── SandboxMissing         the system does not take the network away, and it has to
    └── WorkerError            the inference process let us down
        ├── WorkerDied         it exited, was killed or broke the protocol
        ├── PromptTooLong      the prompt does not fit the context
        └── WorkerBusy         it is still loading, or restarting

"No suggestion" is a value, never an exception. The text of each error is one
sentence that a person can act on: what, why, and the cure.
"""


class SlmError(Exception):
    """Anything slm-lsp raises on purpose."""


class ConfigError(SlmError):
    """A settings file or an editor setting cannot be used as written."""


class SandboxMissing(SlmError):
    """`[privacy] require_sandbox` is set, and the operating system offers no sandbox."""


class CannotTune(SlmError):
    """`slm-lsp tune` cannot begin, or cannot go on."""


class ModelError(SlmError):
    """A model cannot be used."""


class ModelNotFound(ModelError):
    """Neither the package nor the store has this model."""


class ModelMismatch(ModelError):
    """The file's sha256 or size differs from what is pinned."""


class ModelCorrupt(ModelError):
    """The file is not a readable GGUF."""


class ModelUnsuitable(ModelError):
    """The model can be read, but cannot fill in the middle or cannot roll back its state."""


class WorkerError(SlmError):
    """The inference process let us down."""


class WorkerDied(WorkerError):
    """The inference process exited, was killed, or broke the protocol."""


class PromptTooLong(WorkerError):
    """The prompt has more tokens than the context has room for."""

    def __init__(self, n_tokens: int, n_room: int) -> None:
        super().__init__(f"the prompt has {n_tokens} tokens, but there is room for {n_room}")
        self.n_tokens = n_tokens
        self.n_room = n_room


class WorkerBusy(WorkerError):
    """The inference process is still loading its model, or is being restarted."""
