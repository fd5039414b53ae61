"""The part of a suggestion that the model is sure of, which is often shorter than the line.

What a model writes is right up to some point, and a person who takes the line has to repair the
rest. So an automatic suggestion ends where the product of its tokens' probabilities falls below
`LEAST`; its next part is ready when the first one was taken. Where a person asked, the line stays.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from posixpath import commonprefix

from slm_lsp.completion.counting import WORD
from slm_lsp.completion.postprocess.add_no_error import adds_no_error
from slm_lsp.completion.postprocess.drop_repeated_line import drop_repeated_line
from slm_lsp.completion.postprocess.drop_second_declaration import drop_second_declaration
from slm_lsp.completion.postprocess.drop_senseless import drop_senseless
from slm_lsp.completion.postprocess.ending import endings_of
from slm_lsp.completion.postprocess.filter import Draft, InsertionPoint
from slm_lsp.completion.postprocess.merge_closers import merge_closers
from slm_lsp.completion.types import Completion, Token

# Chosen on the repositories of benchmarks/commits.py `TUNED`: twice as many suggestions are right
# to their end as with the whole line, and as many seconds are saved.
LEAST = 0.1
# An answer that nobody asked for is not written on once it is less probable than this. What would
# follow is a third of all tokens. Shown at 50 % in 8 commits of four repositories, suggestions that
# begin wrong became 6 of 51 instead of 9 of 66, and saved as many keys.
LOST = 0.01
# Shorter ones are not worth the look.
MIN_LENGTH = 5
# Each trial is a parse.
MAX_TRIALS = 6
# A part may say again what all of it did not.
NO_NEWS = (drop_repeated_line, drop_second_declaration, drop_senseless)


def confident_part(completion: Completion, around: InsertionPoint) -> Completion:
    """The suggestion up to where it gets unsure; all of it where no shorter one parses."""
    first, _, more = completion.text.partition("\n")
    certainty = certainty_at(completion.tokens, completion.text)
    if certainty[-1] >= LEAST:
        return completion
    endings = endings_of(first, around)
    ends = [match.end() for match in WORD.finditer(first) if endings.is_good(match.end())]
    sure = [end for end in ends if certainty[end - 1] >= LEAST and end >= MIN_LENGTH]
    # The longest sure one, or else the shortest of the others: a bracket may have to be closed.
    others = [end for end in ends if end >= MIN_LENGTH and end not in sure]
    for end in [*reversed(sure), *others][:MAX_TRIALS]:
        if end == len(first) and not more:
            break
        draft = merge_closers(Draft(first[:end]), around)
        if draft is None or any(one(draft, around) is None for one in NO_NEWS):
            continue
        if adds_no_error(draft, around):
            return replace(completion, text=draft.text, n_replaced=draft.n_replaced, is_part=True)
    return completion


def certainty_at(tokens: Sequence[Token], text: str) -> list[float]:
    """For each character of `text`, the probability that the model gave to all up to there.

    Filters may have taken blanks from the start of what the tokens say, and put closers behind it:
    those are as certain as what they close. Where nothing is the model's, everything is certain.
    """
    written = "".join(token.text for token in tokens)
    starts = (0, len(written) - len(written.lstrip(" \t")))
    same, start = max((len(commonprefix((written[at:], text))), at) for at in starts)
    if not same:
        return [1.0] * max(1, len(text))
    certainty: list[float] = []
    total = 0.0
    for token in tokens:
        total += token.logprob
        certainty += [math.exp(total)] * len(token.text)
    own = certainty[start : start + same]
    return own + own[-1:] * (len(text) - same)
