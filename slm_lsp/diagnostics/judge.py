"""What the model makes of a line: how much likelier it is with a change, and how it would go on.

Scored as code is completed: what stands before and after is the prompt, the rest of the line is
the middle, and the end of the middle counts. To find bugs the model is asked to compare, never to
write: small models that write repeat the bug before them, and prefer the fix far more often when
they compare. Writing is for lines that are broken already, where the parser has the last word.
"""

from contextlib import aclosing
from dataclasses import dataclass
from typing import Protocol

from slm_context.cursor import LINE_END
from slm_context.languages import LANGUAGES
from slm_prompts import FimTemplate, chosen_template, render

from slm_lsp.diagnostics.types import Edit
from slm_lsp.inference.client import ModelClient, WorkerState
from slm_lsp.inference.wire import Chunk, Generate, Score
from slm_lsp.settings import ModelSettings

# What the model sees, in characters. More helps little, and every prompt is evaluated anew.
PREFIX_CHARS = 1500
SUFFIX_CHARS = 500
# A longer rest of a line is another line: it says nothing about one token.
MAX_MIDDLE = 300
# Of a line that is written anew.
N_PREDICT = 40
COMMENTS = {language.name: language.line_comment for language in LANGUAGES}


@dataclass(frozen=True, slots=True)
class Place:
    """A document that edits are weighed in."""

    path: str
    language: str
    text: str


class Judge(Protocol):
    """Weighs edits of one line."""

    async def ratios(
        self, place: Place, edits: list[Edit], *, by_token: bool = False
    ) -> list[float]:
        """For edits with the same start, ln p(with the edit) − ln p(as it is). May raise a
        `WorkerError`. An edit that cannot be weighed gets 0.

        A shorter line is likelier by its length alone, right or wrong. `by_token` gives no more
        than what is gained if each token before had cost their average: for edits that may take
        away as much as they like.
        """
        ...

    async def rest_of_line(self, place: Place, start: int) -> str:
        """What the model writes from `start` to the end of the line. May raise a `WorkerError`."""
        ...


class ModelJudge:
    """A judge that asks the model; candidates share the evaluation of their prompt."""

    def __init__(self, client: ModelClient, template: FimTemplate) -> None:
        self._client = client
        self._template = template

    async def ratios(
        self, place: Place, edits: list[Edit], *, by_token: bool = False
    ) -> list[float]:
        text = place.text
        start, end = edits[0].start, max(edit.end for edit in edits)
        line_end = LINE_END.search(text, end)
        stop = line_end.start() if line_end else len(text)
        # The space before a token belongs to it: a prompt that ends in one is a rare sight.
        while start and text[start - 1] in " \t":
            start -= 1
        as_it_is = text[start:stop]
        changed = [text[start : one.start] + one.new_text + text[one.end : stop] for one in edits]
        if any(LINE_END.search(text, start, stop) or len(one) > MAX_MIDDLE for one in changed):
            return [0.0] * len(edits)
        segments = self._segments(place, start, stop)
        scores = await self._client.score(Score(0, segments, (as_it_is, *changed)))
        before, *after = scores.logprobs
        gains = [sum(one) - sum(before) for one in after]
        if not by_token:
            return gains
        usual = sum(before) / len(before)
        return [
            min(gain, sum(one) - usual * len(one)) for gain, one in zip(gains, after, strict=True)
        ]

    async def rest_of_line(self, place: Place, start: int) -> str:
        line_end = LINE_END.search(place.text, start)
        stop = line_end.start() if line_end else len(place.text)
        request = Generate(0, self._segments(place, start, stop), N_PREDICT)
        written: list[str] = []
        async with aclosing(self._client.generate(request)) as stream:
            async for item in stream:
                if isinstance(item, Chunk):
                    written.append(item.text)
        return LINE_END.split("".join(written))[0]

    def _segments(self, place: Place, start: int, stop: int) -> tuple[tuple[str, bool], ...]:
        prompt = render(
            self._template,
            path=place.path,
            prefix=place.text[max(0, start - PREFIX_CHARS) : start],
            suffix=place.text[stop : stop + SUFFIX_CHARS],
            comment=COMMENTS.get(place.language, "#"),
        )
        return tuple((one.text, one.special) for one in prompt.segments)


def judge_of(client: ModelClient | None, settings: ModelSettings) -> ModelJudge | None:
    """The model's say in diagnostics; None while there is no model that fills in."""
    if client is None or client.model is None or client.state is not WorkerState.READY:
        return None
    model = client.model
    template = chosen_template(settings.template, model.name, model.fim_markers)
    return ModelJudge(client, template) if template is not None else None
