"""How many characters fit a prompt: learnt from the prompts before, since only the child counts."""

from slm_lsp.inference.wire import Done, ModelInfo

# Underestimates on purpose: a prompt that is too long costs a second round trip.
FIRST_CHARS_PER_TOKEN = 2.5
# The first prompt of so many tokens tells what to expect; what comes later corrects it.
N_TELLING_MUCH = 200
# A budget that changes moves the start of the prefix, and with it the whole prompt: small
# corrections are not worth that.
WORTH_MOVING = 0.1
# Markers, paths and the end token.
N_RESERVED = 32
# A prompt that must be evaluated from the start may take this share of the deadline.
PREFILL_SHARE = 0.6
MIN_TOKENS = 256
# Prefill's speed is what the last long ones had, so that a machine that others keep busy gets
# shorter prompts. A budget follows it in steps of this factor, not at every breath.
N_TELLING = 64
SPEED_STEP = 1.5
MIN_CHARS = 64


class PromptBudget:
    """Characters per token of this model on this user's code, and what the deadline allows."""

    def __init__(self) -> None:
        self._seen = FIRST_CHARS_PER_TOKEN
        self._used = FIRST_CHARS_PER_TOKEN
        self._is_guess = True
        self._speed = self._speed_used = 0.0  # prompt tokens per second; 0: not seen yet

    def n_chars(self, model: ModelInfo, n_predict: int, deadline_ms: float) -> int:
        """How many characters of source a prompt may hold."""
        n_tokens = self._n_room(model, n_predict)
        speed = self._speed_used or model.prefill_tokens_per_second
        if speed:
            affordable = speed * deadline_ms / 1000 * PREFILL_SHARE
            n_tokens = min(n_tokens, max(MIN_TOKENS, int(affordable)))
        return max(MIN_CHARS, int(n_tokens * self._used))

    def n_most_chars(self, model: ModelInfo, n_predict: int) -> int:
        """How many it may hold when most of them are evaluated already."""
        return max(MIN_CHARS, int(self._n_room(model, n_predict) * self._used))

    def _n_room(self, model: ModelInfo, n_predict: int) -> int:
        return model.n_ctx - n_predict - N_RESERVED

    def learn(self, n_chars: int, done: Done) -> None:
        """Take a prompt's size into account; the lower figures of the last prompts count."""
        self._learn_speed(done)
        if done.n_prompt <= 50:
            return
        seen = 0.95 * n_chars / done.n_prompt
        weight = 0.5 if seen < self._seen else 0.1
        if self._is_guess and done.n_prompt >= N_TELLING_MUCH:
            self._is_guess, weight = False, 1.0
        self._seen += weight * (seen - self._seen)
        if abs(self._seen - self._used) > WORTH_MOVING * self._used:
            self._used = self._seen

    def _learn_speed(self, done: Done) -> None:
        if done.n_evaluated < N_TELLING or done.prefill_ms <= 0:
            return
        seen = 1000 * done.n_evaluated / done.prefill_ms
        self._speed += (0.3 if self._speed else 1.0) * (seen - self._speed)
        if not self._speed_used / SPEED_STEP < self._speed < self._speed_used * SPEED_STEP:
            self._speed_used = self._speed

    def too_long(self, n_chars: int, n_tokens: int) -> None:
        """A prompt was refused."""
        self._seen = min(self._used * 0.9, 0.9 * n_chars / max(1, n_tokens))
        self._used = self._seen
