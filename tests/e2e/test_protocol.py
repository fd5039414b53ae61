"""The protocol to the letter. Each case is a way in which servers leave their clients waiting."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import OFF
from tests.support.editor import SERVE, Editor, ServerError, at, shown_messages

INVALID_REQUEST, NOT_INITIALIZED = -32600, -32002
INLINE = "textDocument/inlineCompletion"
URI = "file:///work/a.py"
AT_ONCE_S = 2.0  # on a machine that compiles something at the same time


async def refused(editor: Editor, method: str, params: object = None) -> int:
    with pytest.raises(ServerError) as refusal:
        await editor.request(method, params)
    return refusal.value.code


# The life of a server.


async def test_shutdown_then_exit_ends_with_0(editor: Editor) -> None:
    await editor.shutdown()
    assert await editor.exit_code() == 0


async def test_exit_without_shutdown_ends_with_1(editor: Editor) -> None:
    editor.notify("exit")
    assert await editor.exit_code() == 1


async def test_exit_before_initialize_ends_with_1(raw: Editor) -> None:
    raw.notify("exit")
    assert await raw.exit_code() == 1


@pytest.mark.parametrize(
    "root",
    [
        {"rootUri": f"file:///{'x' * 300}"},
        {"rootUri": "file:relative"},
        {"rootUri": "file://"},
        {"rootUri": None, "rootPath": "relative"},
        {"rootUri": None, "rootPath": "nu\0l"},
    ],
    ids=["too long", "relative", "empty", "a relative path", "no path"],
)
async def test_a_root_that_is_none_is_no_reason_to_fail(raw: Editor, root: dict[str, str]) -> None:
    raw.answers["workspace/configuration"] = lambda params: [None for _ in params["items"]]
    capabilities = {"workspace": {"configuration": True}}
    await raw.initialize(options=OFF, capabilities=capabilities, **root)
    raw.open(URI, "a = 1\n")
    assert list((await raw.status(documents=True))["documents"]) == [URI]
    await raw.shutdown()
    assert await raw.exit_code() == 0
    assert "Error" not in raw.stderr


async def test_the_end_of_stdin_ends_it(editor: Editor) -> None:
    editor.process.stdin.close()
    assert await editor.exit_code(AT_ONCE_S) == 1


async def test_the_end_of_stdin_after_shutdown_ends_it_with_0(editor: Editor) -> None:
    await editor.request("shutdown")
    editor.process.stdin.close()
    assert await editor.exit_code(AT_ONCE_S) == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_signals_end_it_at_once(editor: Editor, number: signal.Signals) -> None:
    editor.process.send_signal(number)
    assert await editor.exit_code(AT_ONCE_S) == 128 + number
    assert "Traceback" not in editor.stderr


async def test_it_ends_with_the_process_that_the_handshake_names(raw: Editor) -> None:
    parent = await asyncio.create_subprocess_exec("sleep", "60")
    await raw.initialize(options=OFF, processId=parent.pid)
    parent.kill()
    await parent.wait()
    assert await raw.exit_code() == 1


@pytest.mark.parametrize("pid", [None, 2**22 + 1, 0, -1])
async def test_a_parent_that_is_not_there_is_not_waited_for(raw: Editor, pid: int | None) -> None:
    """In a container, the editor's process has no number that we would know."""
    await raw.initialize(options=OFF, processId=pid)
    assert await raw.status()


async def test_requests_before_initialize_are_refused(raw: Editor) -> None:
    assert await refused(raw, "textDocument/completion", at(URI, 0, 0)) == NOT_INITIALIZED
    assert await refused(raw, "shutdown") == NOT_INITIALIZED
    assert await raw.initialize(options=OFF)


async def test_a_second_initialize_is_refused(editor: Editor) -> None:
    with pytest.raises(ServerError, match="once"):
        await editor.initialize()
    assert await editor.status()


async def test_requests_after_shutdown_are_refused(editor: Editor) -> None:
    await editor.request("shutdown")
    assert await refused(editor, "textDocument/completion", at(URI, 0, 0)) == INVALID_REQUEST
    assert await refused(editor, "shutdown") == INVALID_REQUEST
    editor.notify("textDocument/didClose", {"textDocument": {"uri": URI}})
    editor.notify("exit")
    assert await editor.exit_code() == 0


async def test_shutdown_is_answered_while_a_command_runs(raw: Editor) -> None:
    await raw.initialize()
    raw.ask("workspace/executeCommand", {"command": "slm.restart"})
    await raw.shutdown()
    assert await raw.exit_code() == 0


# What it says that it can.


async def test_capabilities_do_not_depend_on_what_the_client_announces(raw: Editor) -> None:
    """Emacs lsp-mode shows inline completions, and does not announce that it can."""
    can = (await raw.initialize(options=OFF))["capabilities"]
    assert can["inlineCompletionProvider"] == {}
    assert can["completionProvider"]["triggerCharacters"]
    assert can["textDocumentSync"]["change"] == 2
    assert can["textDocumentSync"]["openClose"] is True
    assert {"slm.status", "slm.explain", "slm.accepted", "slm.restart"} <= set(
        can["executeCommandProvider"]["commands"]
    )


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        (None, "utf-16"),
        (("utf-8",), "utf-8"),
        (("utf-32", "utf-8"), "utf-32"),
        (("utf-7", "utf-8"), "utf-8"),
        (("utf-7",), "utf-16"),
        ((), "utf-16"),
    ],
)
async def test_the_clients_first_encoding_that_we_know(
    raw: Editor, offered: tuple[str, ...] | None, chosen: str
) -> None:
    can = (await raw.initialize(encodings=offered, options=OFF))["capabilities"]
    assert can["positionEncoding"] == chosen


# What it keeps to itself.


async def test_internal_errors_show_no_popup_and_no_traceback(editor: Editor) -> None:
    """A URI that is none makes the path code fail or not; either way nobody is bothered."""
    for uri in ("file://[", "\0", "file:///%ff%00", "", "a:b:c", "file:///" + "x" * 100_000):
        editor.open(uri, "SECRET = 1\n")
        try:
            await editor.inline(uri, 0, 3)
        except ServerError as error:
            assert "data" not in error.error
            assert "Traceback" not in str(error)
    assert shown_messages(editor) == []
    assert "SECRET" not in editor.stderr


async def test_the_log_holds_no_source(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    async with Editor.start("--log-level", "debug", "--log-file", str(log)) as editor:
        await editor.initialize()
        await editor.ready()
        editor.open(URI, "canary_7f3a = 'canary_7f3b'\nprint(canary_7f3")
        await editor.inline(URI, 1, 16)
        editor.insert(URI, 1, 16, "canary_7f3c")
        editor.send({"jsonrpc": "2.0", "id": 50, "method": INLINE, "params": {"canary_7f3d": 1}})
        await editor.wait_until(lambda: editor.unclaimed)
        await editor.shutdown()
        await editor.exit_code()
        stderr = editor.stderr
    assert "canary" not in stderr
    written = log.read_text()
    assert "canary" not in written
    assert all(json.loads(line)["level"] for line in written.splitlines())
    assert log.stat().st_mode & 0o777 == 0o600


async def test_what_others_print_does_not_reach_the_client() -> None:
    noisy = "import sys; from slm_lsp.cli import main; import slm_lsp.server as s; "
    noisy += "old = s.build_server; "
    noisy += "s.build_server = lambda: (print('noise', flush=True), old())[1]; sys.exit(main())"
    async with Editor.start("serve", command=(sys.executable, "-P", "-c", noisy)) as editor:
        assert await editor.initialize(options=OFF)
        await editor.wait_until(lambda: "noise" in editor.stderr)


# Clients that misbehave.


@pytest.mark.parametrize("n_unread", [100, 300], ids=["queued", "given up"])
def test_a_client_that_does_not_read_does_not_stop_the_server(n_unread: int) -> None:
    """Answers of 300 KB that nobody reads: it goes on reading, and ends when it is told to."""
    process = subprocess.Popen(
        SERVE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdin is not None
    params = {"processId": None, "rootUri": None, "capabilities": {}, "initializationOptions": OFF}
    try:
        process.stdin.write(framed({"id": 1, "method": "initialize", "params": params}))
        for n in range(n_unread):
            process.stdin.write(framed({"id": "x" * 300_000 + str(n), "method": "no/such"}))
        process.stdin.write(framed({"id": 2, "method": "shutdown"}))
        process.stdin.write(framed({"method": "exit"}))
        process.stdin.flush()
    except BrokenPipeError:
        assert n_unread == 300
    assert process.wait(20) == (0 if n_unread == 100 else 1)


async def test_a_client_that_closes_our_stdout() -> None:
    reading, writing = os.pipe()
    process = await asyncio.create_subprocess_exec(
        *SERVE, stdin=subprocess.PIPE, stdout=writing, stderr=subprocess.PIPE
    )
    os.close(writing)
    os.close(reading)
    assert process.stdin is not None
    body = b'{"jsonrpc": "2.0", "id": 1, "method": "shutdown"}'
    process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    assert await asyncio.wait_for(process.wait(), 10) == 1
    assert process.stderr is not None
    assert b"Traceback" not in await process.stderr.read()


def framed(message: dict) -> bytes:
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
