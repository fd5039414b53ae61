"""The bundled model in this process: llama.cpp and the decoder, without the pipe and its child."""

import sysconfig
from pathlib import Path
from random import Random

from slm_lsp.inference.abort import AbortFlag
from slm_lsp.inference.wire import Chunk, EndReason, Generate, Load

BUNDLED = next(Path("slm_lsp/models/bundled").resolve().glob("*.gguf"))

CODE = "import os\n\n\ndef size_of(path):\n    return os.path.getsize("
"""The fake model and the bundled one continue this with a few tokens and a line end."""

N_PROMPTS = 40
# llama.cpp sums up one row in another order than several, so a few tokens in a hundred come out
# with logits that are up to 0.13 apart. Where that changes a greedy choice, it was a tie.
TIE = 0.15  # of natural-log probability

Tokens = list[tuple[str, float]]


class Engine:
    """A decoder over the bundled model."""

    def __init__(self) -> None:
        from slm_lsp.inference.cache import N_SEQUENCES
        from slm_lsp.inference.llama import Llama

        # Nobody would start this process again after a crash of llama.cpp's fast path.
        load = Load(str(BUNDLED), "0" * 64, 1024, 1, safe_mode=True)
        self.llama = Llama(load, AbortFlag(), n_sequences=N_SEQUENCES)
        self.fresh()

    def fresh(self, draft_cost: float = 1e9) -> "Engine":
        """Forget everything. A cost near 1 makes drafting pay always, a huge one never."""
        from slm_lsp.inference.cache import N_SEQUENCES, PromptCache
        from slm_lsp.inference.decoding import Decoder
        from slm_lsp.inference.lookup import DraftPolicy

        for sequence in range(N_SEQUENCES):
            self.llama.truncate(sequence, 0)
        self.cache = PromptCache(self.llama)
        self.drafting = DraftPolicy(draft_cost)
        self.decoder = Decoder(self.llama, self.cache, self.drafting, lambda: EndReason.CANCELLED)
        return self

    def ask(self, request: Generate) -> list[str]:
        texts = [""] * request.n_candidates

        def collect(chunk: Chunk) -> None:
            texts[chunk.candidate] += chunk.text

        self.done = self.decoder.generate(request, collect)
        return texts

    def tokens(self, request: Generate) -> Tokens:
        """The first candidate's tokens."""
        found: Tokens = []

        def collect(chunk: Chunk) -> None:
            if chunk.candidate == 0:
                found.extend(chunk.tokens)

        self.done = self.decoder.generate(request, collect)
        return found


def segments(prefix: str, suffix: str = "\n") -> tuple[tuple[str, bool], ...]:
    return (
        ("<|file_sep|>", True),
        ("files.py\n", False),
        ("<|fim_suffix|>", True),
        (suffix, False),
        ("<|fim_prefix|>", True),
        (prefix, False),
        ("<|fim_middle|>", True),
    )


def prompts() -> list[Generate]:
    """Places in Python's own library: cursors that jump, and cursors that type on."""
    random = Random(3)
    library = Path(sysconfig.get_paths()["stdlib"])
    sources = [path.read_text("utf-8") for path in sorted(library.glob("*.py"))]
    texts = [text for text in sources if len(text) > 1200]
    requests = []
    while len(requests) < N_PROMPTS:
        text = random.choice(texts)
        cursor = random.randrange(400, len(text) - 400)
        for typed in range(random.choice([1, 1, 4])):
            at = cursor + typed
            suffix = text[cursor + 20 : cursor + 320]
            prompt = segments(text[max(0, at - 900) : at], suffix)
            requests.append(Generate(len(requests), prompt, 16, single_line=False))
    return requests
