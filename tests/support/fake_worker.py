"""A child process that speaks the wire protocol and misbehaves on request.

Run as a script: `python fake_worker.py PACKAGE_ROOT BEHAVIOUR [FILE]`. It answers every
Generate with the prompt's last segment. FILE, where given, makes the behaviour happen only
while it does not exist; the misbehaving process makes it.
"""

import os
import signal
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.append(sys.argv[1])

from slm_lsp.inference.framing import FrameReader, encode
from slm_lsp.inference.wire import (
    Chunk,
    Done,
    EndReason,
    Generate,
    Load,
    Loaded,
    LoadFailed,
    Message,
    ModelInfo,
    Ping,
    Pong,
)

GARBAGE = b"llama_model_loader: loaded meta data with 27 key-value pairs\n"


in_safe_mode = False


def main() -> None:
    behaviour = sys.argv[2]
    if len(sys.argv) > 3:
        once = Path(sys.argv[3])
        if once.exists():
            behaviour = "well"
        once.touch()
    frames = FrameReader()
    while data := os.read(0, 65536):
        for message in frames.feed(data):
            receive(message, behaviour)
    if behaviour == "stay":
        signal.pause()


def receive(message: Message, behaviour: str) -> None:
    match message:
        case Load(safe_mode=safe_mode):
            load(behaviour, safe_mode)
        case Generate():
            generate(message, behaviour)
        case Ping(id=id) if behaviour != "silent":
            send(Pong(id, busy=behaviour == "stuck", n_steps=1))
        case _:
            pass


def load(behaviour: str, safe_mode: bool) -> None:
    global in_safe_mode
    in_safe_mode = safe_mode
    if behaviour == "always crash" or (behaviour == "crash while loading" and not safe_mode):
        os.kill(os.getpid(), signal.SIGSEGV)
    if behaviour == "exit while loading":
        sys.exit(3)
    if behaviour == "never load":
        return
    if behaviour == "garbage while loading":
        os.write(1, GARBAGE)
    if behaviour == "refuse":
        send(LoadFailed("ModelUnsuitable", "mamba is a recurrent model"))
        return
    name = "safe" if safe_mode else "fast"
    send(Loaded(ModelInfo(name, "", "", "", 1, "", 64, 64, 8), "none", 1.0))


def generate(question: Generate, behaviour: str) -> None:
    pid = os.getpid()
    match behaviour:
        case "crash in the first decode" if not in_safe_mode:
            os.kill(pid, signal.SIGSEGV)
        case "die when asked":
            os.kill(pid, signal.SIGKILL)
        case "garbage when asked":
            os.write(1, GARBAGE)
        case "truncate when asked":
            os.write(1, encode(Chunk(question.id, 0, "text", ()))[:-3])
            sys.exit(0)
        case "stuck" | "silent":
            return
        case _:
            pass
    text = question.segments[-1][0]
    send(Chunk(question.id, 0, text, ((text, -0.1),)))
    send(Done(question.id, EndReason.END, 1, 1, 1, 0.0, 0.0))


def send(message: Message) -> None:
    os.write(1, encode(message))


if __name__ == "__main__":
    main()
