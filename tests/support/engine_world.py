"""A completion engine in a world of its own: its model says what the test says."""

import asyncio
from dataclasses import replace

from slm_lsp.completion.engine import CompletionEngine
from slm_lsp.completion.types import Completion, CompletionRequest, SkipReason, Trigger
from slm_lsp.settings import Settings
from slm_lsp.statistics import Statistics
from tests.support.fake_model import FakeModel
from tests.support.markup import document_at

URI = "file:///calc.py"


class World:
    """An engine, its model, and a clock that only sleeping moves."""

    def __init__(
        self,
        settings: Settings | None = None,
        gather=None,
        defined=None,
        expect=None,
        discharging: bool = False,
    ) -> None:
        self.now = 0.0
        self.discharging = discharging
        self.slept: list[float] = []
        self.model = FakeModel()
        self.statistics = Statistics()
        self.engine = CompletionEngine(
            self.model,
            settings or with_completion(),
            self.statistics,
            gather,
            defined,
            lambda: self.now,
            self._sleep,
            lambda: self.discharging,
            expect,
        )

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)

    def request(self, marked: str, trigger: Trigger = Trigger.AUTOMATIC, uri: str = URI):
        document = document_at(marked, uri.removeprefix("file:///"))
        return CompletionRequest(uri, 1, document, trigger)

    async def ask(
        self, marked: str, trigger: Trigger = Trigger.AUTOMATIC, uri: str = URI
    ) -> str | None:
        completion = await self.complete(self.request(marked, trigger, uri))
        return completion and completion.text

    async def complete(self, request: CompletionRequest) -> Completion | None:
        """As a session asks: what is on the screen stays there."""
        return await self.engine.complete(request, self.engine.on_screen(request))

    async def until_asked(self) -> None:
        """Let others run until the model has a question."""
        for _ in range(100):
            if self.model.generated:
                return
            await asyncio.sleep(0)
        raise AssertionError("the model was not asked")

    @property
    def why(self) -> SkipReason | None:
        assert self.engine.explain_last is not None
        return self.engine.explain_last.skip_reason


def with_completion(**fields: object) -> Settings:
    """Everything is shown and one answer asked for, unless `fields` say otherwise."""
    settings = Settings()
    shown = {"show_at_least_percent": 0, "n_candidates": 1, **fields}
    return replace(settings, completion=replace(settings.completion, **shown))
