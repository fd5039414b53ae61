"""Writes `seeds/`: valid inputs, from which fuzzing starts, and words that are worth trying.

python -m tests.fuzz.make_seeds
"""

import json
from pathlib import Path
from typing import Any

from slm_lsp.config.starter import starter_text
from slm_lsp.inference import wire
from slm_lsp.inference.framing import encode
from slm_lsp.models import bundled_model
from tests.config.test_fuzz import SEED, WORDS
from tests.server.test_rpc import NOTIFICATIONS, ODDITIES, REQUESTS
from tests.support.gguf_files import a_model

SEEDS = Path(__file__).parent / "seeds"
RPC_WORDS = (
    "jsonrpc 2.0 id method params result error textDocument uri position line character range "
    "start end text contentChanges version languageId context triggerKind command arguments "
    "settings initialize initialized shutdown exit $/cancelRequest $/setTrace $/progress "
    "workspace/executeCommand slm.status slm.explain slm.accepted slm.dismiss slm.turnOffRule"
).split()
FRAMING = (
    b"Content-Length: 2\r\n\r\n{}",
    b"\x05Content-Length: 2\r\nContent-Type: x\r\n\r\n[]content-length :3\n\n{ }",
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\nContent-Length: 0\r\n\r\n",
    b"Content-Length: -1\r\n\r\nContent-Length: 999999999999\r\n\r\nContent-Length: 1\r\n\r\nx",
    b"x" * 100 + b"\r\n",
)


def seeds() -> dict[str, list[bytes]]:
    return {
        "framing": list(FRAMING),
        "rpc": [*map(_message, [*_named(REQUESTS, id=1), *_named(NOTIFICATIONS)]), *_odd()],
        "wire": [encode(one) for one in _messages()],
        "gguf": [
            a_model().bytes(),
            a_model(general__alignment=64).bytes(),
            a_model(general__type="x").bytes(),
            bundled_model().path.read_bytes()[:4096],
        ],
        "config": [SEED, starter_text(bundled_model()).encode(), b""],
    }


def words() -> dict[str, list[bytes]]:
    methods = [name for name, _ in (*REQUESTS, *NOTIFICATIONS)]
    kinds = [one.__name__ for one in map(type, _messages())]
    return {
        "framing": [b"Content-Length", b"content-length:", b"\r\n", b"\r\n\r\n", b"\n\n", b": "],
        "rpc": [f'"{one}"'.encode() for one in dict.fromkeys([*RPC_WORDS, *methods])]
        + [json.dumps(one).encode() for one in ODDITIES],
        "wire": [b"\xfe\xed", b"\0\0\0", *(f'["{one}",'.encode() for one in kinds)],
        "gguf": [b"GGUF", b"general.alignment", b"general.architecture", b"\x08\0\0\0",
                 b"\x09\0\0\0\x08\0\0\0", b"tokenizer.ggml.tokens", b"mamba", b"llama"],
        "config": WORDS,
    }  # fmt: skip


def _named(cases: list[tuple[str, Any]], **more: Any) -> list[dict[str, Any]]:
    return [{"jsonrpc": "2.0", "method": method, "params": params, **more}
            for method, params in cases]  # fmt: skip


def _odd() -> list[bytes]:
    responses: list[Any] = [
        {"id": 1, "result": None},
        {"id": 1, "error": {"code": 1, "message": ""}},
        {"id": 1, "method": "shutdown"},
        {"method": "exit"},
        {"id": "a", "method": "no/such"},
    ]
    return [*(_message({"jsonrpc": "2.0", **one}) for one in responses), b"[]", b"{", b"\xff"]


def _message(message: Any) -> bytes:
    return json.dumps(message).encode()


def _messages() -> list[wire.Message]:
    info = wire.ModelInfo("n", "/p", "0" * 64, "llama", 1, "Q8_0", 8, 8, 8, {"pre": "<p>"})
    return [
        wire.Load("/p", "0" * 64, 8, 1),
        wire.Generate(1, (("a", False), ("<p>", True)), 4),
        wire.Warm(2, (("é", False),)),
        wire.Score(3, (("a", False),), ("b", "c")),
        wire.Cancel(4),
        wire.Ping(5),
        wire.Progress(0.5),
        wire.Loaded(info, "kernel: x", 1.0),
        wire.LoadFailed("ModelError", "why"),
        wire.Chunk(6, 0, "a", (("a", -0.1),)),
        wire.Done(7, wire.EndReason.END, 1, 1, 1, 0.1, 0.1),
        wire.Scores(8, ((-0.1, -2.0),), 1, 0.1),
        wire.Failed(9, "PromptTooLong", "why", 2, 1),
        wire.Pong(10, True, 3),
        wire.Log(20, "line"),
    ]


def _in_dictionary(word: bytes) -> str:
    return '"' + "".join(f"\\x{byte:02x}" for byte in word) + '"\n'


def main() -> None:
    for target, contents in seeds().items():
        folder = SEEDS / target
        folder.mkdir(parents=True, exist_ok=True)
        for n, content in enumerate(contents):
            (folder / f"{n:02d}").write_bytes(content)
        entries = [_in_dictionary(word) for word in words()[target] if 0 < len(word) < 100]
        (SEEDS / f"{target}.dict").write_text("".join(entries))


if __name__ == "__main__":
    main()
