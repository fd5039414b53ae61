"""The plain way, to compare with: an empty context for every request, and each runs to its end.

The prompt is the same as ours without snippets, cut to what fits. A request that was not begun
when a newer one comes is dropped, which is kinder than a queue. Run as a module it is the child
that holds the model: JSON lines on both pipes.
"""

import asyncio
import json
import sys
from pathlib import Path

from benchmarks.contestants import Effort
from benchmarks.traces import Key, Session

N_PREDICT = 48
CHARS_PER_TOKEN = 2.5


class Naive:
    """Asks at every key."""

    name = "naive"
    n_busy = 0

    def __init__(self, model: Path, n_ctx: int, n_threads: int) -> None:
        self._command = (
            sys.executable, "-m", "benchmarks.naive", str(model), str(n_ctx), str(n_threads),
        )  # fmt: skip
        self._turn = asyncio.Lock()
        self._prompt_tokens = self._questions = self._stale = 0

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        await self._exchange("x = ", "\n", "x.py")

    async def open(self, session: Session) -> None:
        self._path = session.name

    async def press(self, key: Key, text: str) -> bool:
        async with self._turn:  # cancelled while waiting: dropped
            answering = asyncio.ensure_future(
                self._exchange(text[: key.cursor], text[key.cursor :], self._path)
            )
            try:
                return bool((await asyncio.shield(answering)).strip())
            except asyncio.CancelledError:
                self._stale += 1
                # Nothing stops it: whoever comes next waits.
                await answering
                raise

    async def effort(self) -> Effort:
        return Effort(self._prompt_tokens, self._prompt_tokens, self._questions, self._stale)

    def pids(self) -> list[int]:
        return [self._process.pid]

    async def stop(self) -> None:
        async with self._turn:
            self._process.kill()
            await self._process.wait()

    async def _exchange(self, prefix: str, suffix: str, path: str) -> str:
        assert self._process.stdin is not None and self._process.stdout is not None
        asked = {"prefix": prefix, "suffix": suffix, "path": path}
        self._process.stdin.write(json.dumps(asked).encode() + b"\n")
        answer = json.loads(await self._process.stdout.readline())
        self._questions += 1
        self._prompt_tokens += answer["n_prompt"]
        return answer["text"]


def main() -> None:
    from slm_context.cursor import DocumentContext
    from slm_context.window import fit_window
    from slm_prompts import render, template_for

    from slm_lsp.inference.abort import AbortFlag
    from slm_lsp.inference.cache import N_SEQUENCES, PromptCache
    from slm_lsp.inference.decoding import Decoder
    from slm_lsp.inference.llama import Llama
    from slm_lsp.inference.lookup import DraftPolicy
    from slm_lsp.inference.wire import Chunk, EndReason, Generate, Load

    model, n_ctx, n_threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    load = Load(model, "0" * 64, n_ctx, n_threads, safe_mode=True)
    llama = Llama(load, AbortFlag(), n_sequences=N_SEQUENCES)
    template = template_for(llama.info.name, llama.info.fim_markers)
    assert template is not None
    for line in sys.stdin:
        asked = json.loads(line)
        text = asked["prefix"] + asked["suffix"]
        document = DocumentContext(asked["path"], "python", text, len(asked["prefix"]))
        room = int((llama.n_ctx - N_PREDICT - 32) * CHARS_PER_TOKEN)
        window = fit_window(document, room)
        prompt = render(
            template, path=asked["path"], prefix=window.prefix, suffix=window.suffix, comment="#"
        )
        segments = tuple((one.text, one.special) for one in prompt.segments)
        llama.truncate(0, 0)
        cache = PromptCache(llama)
        decoder = Decoder(llama, cache, DraftPolicy(1e9), lambda: EndReason.CANCELLED)
        chunks: list[Chunk] = []
        done = decoder.generate(Generate(0, segments, N_PREDICT, stop=prompt.stop), chunks.append)
        answer = {"text": "".join(one.text for one in chunks), "n_prompt": done.n_prompt}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
