"""An afternoon with an editor, in a second: everything that a session does with source."""

import os
import signal
from collections.abc import Sequence
from pathlib import Path

from tests.support.editor import Editor, at

TYPED = "def total(prices):\n    result = 0\n    for price in prices:\n        "
BROKEN = "def broken(:\n    return (\n"


async def whole_session(editor: Editor, root: Path, canaries: Sequence[str] = ()) -> None:
    """Open, type, be suggested, accept, be told off, reconfigure, lose the worker, leave.

    The canaries are words of the source, in places where different parts meet them.
    """
    words = [*canaries, *("alpha", "beta", "gamma", "delta")][:4]
    other = root / "other.py"
    other.write_text(f"def {words[0]}(x):\n    return x\n\n\n{words[1]} = {words[0]}(1)\n")
    uri, script = (root / "main.py").as_uri(), (root / "page.js").as_uri()
    await editor.initialize(root=root, options={"slm-lsp": {"diagnostics": {"hints": True}}})
    await editor.ready()

    editor.open(other.as_uri(), other.read_text())
    editor.open(uri, f"from other import {words[0]}\n\n{words[2]} = '{words[3]}'\n\n")
    editor.open(
        script, f"const {words[1]} = '{words[3]}';\nfunction f(a) {{\n  return ", "javascript"
    )
    line, character = 4, 0
    for typed in TYPED:
        editor.insert(uri, line, character, typed)
        line, character = (line + 1, 0) if typed == "\n" else (line, character + 1)
        if typed in " \n(":
            for item in await editor.inline(uri, line, character, by_hand=False):
                command = item["command"]
                await editor.command(command["command"], *command["arguments"])
    await editor.inline(script, 2, 9)
    await editor.request("textDocument/completion", at(uri, line, character))

    editor.change(uri, {"text": f"{words[2]} = 1\n{BROKEN}"})
    report = await editor.request("textDocument/diagnostic", {"textDocument": {"uri": uri}})
    await editor.request(
        "textDocument/codeAction",
        {
            "textDocument": {"uri": uri},
            "range": {"start": {"line": 0, "character": 0}, "end": {"line": 4, "character": 0}},
            "context": {"diagnostics": report.get("items", [])},
        },
    )
    await editor.command("slm.dismiss", {"fingerprint": words[1]})
    settings = {"slm-lsp": {"completion": {"max_line_tokens": 20}}}
    editor.notify("workspace/didChangeConfiguration", {"settings": settings})

    os.kill((await editor.status())["worker"]["pid"], signal.SIGSEGV)
    await editor.wait_until(lambda: editor.last_state != "ready")
    await editor.ready()
    editor.change(uri, {"text": f"{words[2]} = 1\nprint({words[2][:5]}"})
    await editor.inline(uri, 1, 11)
    await editor.command("slm.restart")
    await editor.ready()

    # What no editor should send: the complaint about it must not quote it.
    editor.notify("textDocument/didChange", {"textDocument": words[3], "contentChanges": words})
    editor.send_body(f'{{"jsonrpc": "2.0", "method": "{words[0]}", "params": [{words[1]}'.encode())
    assert await editor.status(documents=True)
    for closed in (uri, script, other.as_uri()):
        editor.notify("textDocument/didClose", {"textDocument": {"uri": closed}})
    await editor.shutdown()
    assert await editor.exit_code() == 0
