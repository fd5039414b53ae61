"""Where the prompt ends: before the word under the cursor, which the model is made to write again.

A model reads tokens, and half a word is seldom the token that its whole would begin with: asked
behind `retu`, the bundled one writes the rest of another word. So the word is taken off the
prompt, back to a place where a token surely begins, and the answer is constrained to begin with
it. As a gain, the prompt stays the same while the word is typed.
"""

import re
from collections.abc import Sequence

from slm_context.expected import ExpectedName

from slm_lsp.completion.names import is_word

# A word, with the blank or sign before it: tokenizers join one such character to a word.
WORD_AT_END = re.compile(r"[^\r\n\w]?\w+\Z")
# Nobody's word is longer; a digest or an encoded file may be.
LONGEST = 64


def healed(prefix: str) -> tuple[str, str]:
    """The prefix to show, and the text that the answer has to begin with."""
    match = WORD_AT_END.search(prefix, max(0, len(prefix) - LONGEST))
    if match is None or len(match.group()) >= LONGEST:
        return prefix, ""
    return prefix[: match.start()], match.group()


def beginnings(expected: Sequence[ExpectedName], heal: str) -> tuple[tuple[str, float], ...]:
    """What an answer that begins with `heal` may begin with, when these names may come."""
    lead = heal[:1] if heal and not is_word(heal[0]) else ""
    word = heal.removeprefix(lead)
    return tuple((lead + one.name, one.weight) for one in expected if one.name.startswith(word))
