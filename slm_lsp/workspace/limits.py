"""What a prompt has room for of the repository, by the settings."""

from slm_context.gather import Limits

from slm_lsp.settings import ContextSettings

# The window that a prompt shows is larger than what is typed; the budget is in tokens.
CHARS_PER_TOKEN = 3


def limits_of(context: ContextSettings, deadline_ms: float | None = None) -> Limits:
    """As the settings say; another `deadline_ms` for who does not depend on how busy it is."""
    return Limits(
        context.max_snippets,
        context.max_snippet_tokens * CHARS_PER_TOKEN,
        context.deadline_ms if deadline_ms is None else deadline_ms,
    )
