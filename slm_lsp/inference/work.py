"""What the inference process did, whoever waited for it: also what was cancelled, or done ahead."""

from dataclasses import dataclass

from slm_lsp.inference.wire import Done, EndReason, Scores

CUT_SHORT = frozenset({EndReason.CANCELLED, EndReason.DEADLINE})


@dataclass(slots=True)
class Work:
    """Sums over all answers since the server started, in questions, tokens and milliseconds."""

    questions: int = 0
    cut_short: int = 0
    prompt_tokens: int = 0
    evaluated_tokens: int = 0
    predicted_tokens: int = 0
    busy_ms: float = 0.0

    def count(self, answer: Done | Scores) -> None:
        self.questions += 1
        self.evaluated_tokens += answer.n_evaluated
        if isinstance(answer, Scores):
            self.busy_ms += answer.elapsed_ms
            return
        self.cut_short += answer.reason in CUT_SHORT
        self.prompt_tokens += answer.n_prompt
        self.predicted_tokens += answer.n_predicted
        self.busy_ms += answer.prefill_ms + answer.decode_ms
