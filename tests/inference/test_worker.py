"""The real child: its pipe stays clean, it listens while it works, and it never outlives us."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from slm_lsp.inference.client import WorkerState
from slm_lsp.inference.framing import FrameReader, encode
from slm_lsp.inference.process import BOOT, PACKAGE_ROOT, WORKER_COMMAND, clean_environment
from slm_lsp.inference.wire import (
    Cancel,
    Chunk,
    Done,
    EndReason,
    Generate,
    Load,
    Loaded,
    LoadFailed,
    Message,
    Ping,
    Pong,
    Score,
    Scores,
    Warm,
)
from slm_lsp.inference.worker_client import WorkerClient
from tests.support.bundled import BUNDLED, segments

pytestmark = pytest.mark.model

# Without a client, nobody would start the child again after a crash of llama.cpp's fast path.
LOAD = Load(str(BUNDLED), "0" * 64, 1024, 2, safe_mode=True)
LONG = Generate(1, segments("x = [", ""), 900, single_line=False)
MANY_TOKENS = "value = compute(first, second) + 17\n" * 75


class Child:
    """A worker at the end of two pipes, without the client."""

    def __init__(self, command: tuple[str, ...] = WORKER_COMMAND) -> None:
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=sys.prefix,
            env=clean_environment(os.environ),
        )
        self._frames = FrameReader()
        self._messages: list[Message] = []

    def send(self, *messages: Message) -> None:
        os.write(self.process.stdin.fileno(), b"".join(encode(one) for one in messages))

    def receive(self, *kinds: type) -> Message:
        """The next message of one of these kinds; others are dropped."""
        while True:
            while self._messages:
                message = self._messages.pop(0)
                if isinstance(message, kinds):
                    return message
            data = os.read(self.process.stdout.fileno(), 65536)
            assert data, self.process.stderr.read().decode()
            self._messages += self._frames.feed(data)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            pipe.close()


@pytest.fixture
def child():
    child = Child()
    child.send(LOAD)
    yield child
    child.close()


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_it_says_what_it_loaded(child):
    loaded = child.receive(Loaded, LoadFailed)
    assert loaded.model.architecture == "llama"
    assert loaded.model.quantization == "Q8_0"
    assert loaded.model.fim_markers["mid"] == "<|fim_middle|>"
    assert loaded.model.decode_tokens_per_second > 0
    assert loaded.model.prefill_tokens_per_second > 0
    assert loaded.sandbox


def test_a_cancel_stops_decoding(child):
    child.send(LONG)
    child.receive(Chunk)
    child.send(Cancel(1))
    done = child.receive(Done)
    assert done.reason is EndReason.CANCELLED
    assert 0 < done.n_predicted < LONG.n_predict


def test_a_cancel_stops_prefill_and_what_was_evaluated_is_kept(child):
    child.receive(Loaded)
    prompt = segments(MANY_TOKENS)
    child.send(Warm(1, prompt), Cancel(1))
    cancelled = child.receive(Done)
    child.send(Warm(2, prompt))
    again = child.receive(Done)
    assert cancelled.reason is EndReason.CANCELLED
    assert cancelled.n_evaluated < again.n_prompt
    assert again.n_evaluated == again.n_prompt - cancelled.n_evaluated


def test_a_deadline_ends_the_answer_with_what_there_is(child):
    child.receive(Loaded)
    child.send(Generate(1, LONG.segments, 900, single_line=False, deadline_ms=60.0))
    done = child.receive(Done)
    assert done.reason is EndReason.DEADLINE
    assert done.n_predicted < 900


def test_a_question_that_waits_can_be_cancelled(child):
    child.receive(Loaded)
    child.send(LONG, Generate(2, LONG.segments, 900), Cancel(2), Cancel(1))
    assert child.receive(Done).id == 1
    second = child.receive(Done)
    assert (second.id, second.reason, second.n_prompt) == (2, EndReason.CANCELLED, 0)


def test_generate_goes_before_score_and_score_before_warm(child):
    child.receive(Loaded)
    child.send(
        LONG,
        Warm(2, segments("a = ")),
        Score(3, segments("b = "), ("1", "2")),
        Generate(4, segments("c = "), 4),
        Cancel(1),
    )
    assert [child.receive(Done, Scores).id for _ in range(4)] == [1, 4, 3, 2]


def test_a_generate_preempts_a_score_which_is_answered_later(child):
    child.receive(Loaded)
    child.send(Score(1, segments(MANY_TOKENS), ("1",)), Generate(2, segments("c = "), 4))
    assert child.receive(Done, Scores).id == 2
    scores = child.receive(Scores)
    assert scores.id == 1 and len(scores.logprobs[0]) == 2


def test_a_ping_is_answered_while_it_decodes(child):
    child.send(LONG)
    child.receive(Chunk)
    child.send(Ping(9))
    pong = child.receive(Pong, Done)
    assert isinstance(pong, Pong) and pong.busy and pong.n_steps > 0


def test_it_ends_when_the_pipe_closes_even_in_mid_answer(child):
    child.send(LONG)
    child.receive(Chunk)
    child.process.stdin.close()
    assert child.process.wait(5) == 0


def test_what_libraries_print_does_not_reach_the_pipe():
    noise = (
        "import os, slm_lsp.inference.worker as worker;"
        "enter = worker.enter_worker_sandbox;"
        "worker.enter_worker_sandbox = lambda *a: (print('rubbish', flush=True),"
        " os.write(1, b'rubbish'), os.system('echo rubbish'), enter(*a))[-1];"
    )
    boot = BOOT.replace("from slm_lsp", noise + "from slm_lsp", 1)
    child = Child((sys.executable, "-P", "-E", "-c", boot, PACKAGE_ROOT))
    try:
        child.send(LOAD)
        assert isinstance(child.receive(Loaded, LoadFailed), Loaded)
        child.process.stdin.close()
        assert child.process.stderr.read().count(b"rubbish") == 3
    finally:
        child.close()


def test_garbage_from_the_server_ends_it(child):
    child.receive(Loaded)
    os.write(child.process.stdin.fileno(), b"Content-Length: 3\r\n\r\n{}\n")
    assert child.process.wait(5) == 1


def test_a_cancelled_request_stops_using_the_cpu(child):
    """It works on for less than 100 ms; then all that is left is an idle process."""
    child.send(LONG)
    child.receive(Chunk)
    before = cpu_seconds(child.process.pid)
    child.send(Cancel(1))
    child.receive(Done)
    assert cpu_seconds(child.process.pid) - before < 0.1
    before = cpu_seconds(child.process.pid)
    busy = True
    while busy:
        child.send(Ping(1))
        busy = child.receive(Pong).busy
    assert cpu_seconds(child.process.pid) - before <= 0.02


async def test_a_hostile_folder_and_environment_change_nothing(tmp_path, monkeypatch):
    for name in ("llama_cpp", "numpy", "json", "logging", "types", "context", "slm_lsp"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('hostile')\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PYTHONSTARTUP", str(tmp_path / "json.py"))
    client = WorkerClient(BUNDLED, "0" * 64, n_ctx=256, n_threads=1, state_dir=tmp_path / "s")
    await client.start()
    assert client.state is WorkerState.READY, client.detail
    await client.close()


@pytest.mark.parametrize(
    "damage, kind, sentence",
    [
        (None, "ModelNotFound", "there is no model at"),
        (lambda data: b"PK" + data, "ModelCorrupt", "is not a GGUF file"),
        (lambda data: data[:5000], "ModelCorrupt", "cannot load"),
        (lambda data: data[:-100_000], "ModelCorrupt", "cannot load"),
        (
            lambda data: data.replace(b"ggml.fim_", b"ggml.mif_").replace(b"<|fim_", b"<|mif_"),
            "ModelUnsuitable",
            "was not trained to fill in the middle",
        ),
    ],
    ids=["missing", "other format", "header only", "truncated", "no markers"],
)
def test_a_model_that_cannot_serve_is_refused_with_the_reason(tmp_path, damage, kind, sentence):
    path = tmp_path / "model.gguf"
    if damage is not None:
        path.write_bytes(damage(BUNDLED.read_bytes()))
    child = Child()
    try:
        child.send(Load(str(path), "0" * 64, 1024, 1))
        failed = child.receive(LoadFailed, Loaded)
        assert isinstance(failed, LoadFailed), failed
        assert failed.kind == kind and sentence in failed.message
    finally:
        child.close()


def test_a_template_whose_marker_is_not_one_token_is_refused():
    child = Child()
    try:
        child.send(Load(str(BUNDLED), "0" * 64, 1024, 1, markers=("<fim_prefix>",)))
        failed = child.receive(LoadFailed, Loaded)
        assert failed.kind == "ModelUnsuitable" and "<fim_prefix>" in failed.message
    finally:
        child.close()
