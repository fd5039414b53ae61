"""A model that says anything, for sessions whose point is what the server makes of it."""

import random
from dataclasses import dataclass, field

from slm_lsp.errors import WorkerBusy, WorkerDied
from slm_lsp.inference.wire import EndReason, Generate, Score, Warm
from slm_lsp.inference.work import Work
from tests.support.fake_model import FakeAnswer, FakeModel
from tests.support.typing_session import PIECES

SAYINGS = (
    "return x", "x)", ")]}\n", "    pass\n", "def f(a, b):\n    return a\n\n\ndef g", "", " ", "\n",
    "foo(bar, 'baz')", "😀", "\r\n", "\u202ex\u202c", "\x1b[2J", "<|fim_middle|>", "\ufffd",
    "if x:\r\n        y = '😀'\r\n", "x" * 300, "a = 1\nb = 2\nc = 3\n", "\t\treturn 𝒳y", *PIECES,
)  # fmt: skip


@dataclass
class TalkativeModel(FakeModel):
    """Random texts and confidences; now and then it fails as a process that died does."""

    rng: random.Random = field(default_factory=random.Random)
    sandbox: str = "none: no process"
    work: Work = field(default_factory=Work)

    def _take(self, request: Generate | Warm | Score) -> tuple[FakeAnswer, int, int]:
        kind = self.rng.random()
        if kind < 0.02:
            self.enqueue_failure(self.rng.choice((WorkerDied("it died"), WorkerBusy("it loads"))))
        else:
            texts = tuple(
                "".join(self.rng.choices(SAYINGS, k=self.rng.choice((1, 1, 2, 4))))
                for _ in range(self.rng.choice((1, 1, 3)))
            )
            logprob = self.rng.choice((0.0, -0.01, -0.1, -1.0, -9.0))
            self.enqueue_answer(FakeAnswer(texts, logprob, self.rng.choice(list(EndReason))))
        return super()._take(request)
