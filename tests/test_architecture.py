"""The invariants of the house, checked on what every module imports.

A new module needs no entry here unless it breaks a rule; a rule that has become wrong is changed
here and in the README together.
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCES = {
    "slm_lsp": ROOT / "slm_lsp",
    "slm_context": ROOT / "context" / "slm_context",
    "slm_prompts": ROOT / "prompts" / "slm_prompts",
}

LSP = {"lsprotocol", "pygls"}
PROCESSES = {"subprocess", "multiprocessing", "pty"}
NETWORK = {
    "socket", "ssl", "http", "urllib.request", "ftplib", "smtplib", "socketserver",
    "urllib3", "requests", "httpx", "aiohttp", "websockets",
}  # fmt: skip
DISK = {"os", "pathlib", "io", "shutil", "sqlite3", "tempfile", "glob"}
MODEL = {"llama_cpp"}

# module (and what lies below it) → what it must not import, and who is excused, with the reason.
FORBIDDEN: list[tuple[str, set[str], dict[str, str]]] = [
    (
        "slm_lsp",
        LSP,
        {
            "slm_lsp.server": "is the language server",
            "slm_lsp.rpc": "makes pygls strict",
            "slm_lsp.progress": "speaks the editor's progress protocol",
            "slm_lsp.handlers": "convert, call, convert",
            "slm_lsp.convert": "between LSP's types and ours",
            "slm_lsp.convert_diagnostics": "the same for findings",
        },
    ),
    # The child loads it by name (`inference/native.py`), so that nobody else does by accident.
    ("slm_lsp", MODEL, {"slm_lsp.models.quantizer": "`models quantize`, a process of its own"}),
    ("slm_lsp.completion", LSP | MODEL | DISK | NETWORK | PROCESSES, {}),
    ("slm_context", LSP | MODEL | NETWORK | PROCESSES | {"slm_lsp", "slm_prompts"}, {}),
    ("slm_prompts", LSP | MODEL | NETWORK | PROCESSES | {"slm_lsp", "slm_context"}, {}),
    (
        "slm_lsp",
        NETWORK,
        {
            "slm_lsp.models.web": "`models pull`, which is a process of its own",
            "slm_lsp.sandbox": "tries the ways out, to prove that they are closed",
        },
    ),
]


def module_name(path: Path, package: str, folder: Path) -> str:
    parts = path.relative_to(folder).with_suffix("").parts
    return ".".join((package, *(part for part in parts if part != "__init__")))


@cache
def modules() -> dict[str, Path]:
    return {
        module_name(path, package, folder): path
        for package, folder in SOURCES.items()
        for path in sorted(folder.rglob("*.py"))
    }


@cache
def imports_of(module: str, at_start_only: bool = False) -> frozenset[str]:
    """Everything the module names in an import, inside functions too unless `at_start_only`."""
    tree = ast.parse(modules()[module].read_text(encoding="utf-8"))
    return frozenset(_imports(tree.body, at_start_only))


def _imports(body: list[ast.stmt], at_start_only: bool) -> Iterator[str]:
    for statement in body:
        if at_start_only and isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.dump(statement.test):
            continue
        if isinstance(statement, ast.Import):
            yield from (alias.name for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom) and statement.module:
            yield statement.module
            yield from (f"{statement.module}.{alias.name}" for alias in statement.names)
        for block in ("body", "orelse", "finalbody"):
            yield from _imports(getattr(statement, block, []), at_start_only)
        for handler in getattr(statement, "handlers", []):
            yield from _imports(handler.body, at_start_only)


def is_below(module: str, packages: set[str] | dict[str, str]) -> bool:
    return any(module == one or module.startswith(one + ".") for one in packages)


def closure(start: str) -> set[str]:
    """All of our modules that importing `start` loads, directly or not."""
    found, todo = set(), [start]
    while todo:
        module = todo.pop()
        if module in found or module not in modules():
            continue
        found.add(module)
        todo += imports_of(module, at_start_only=True)
        # A package's __init__ runs before its modules.
        todo += [module.rpartition(".")[0]]
    return found


@pytest.mark.parametrize(("room", "forbidden", "excused"), FORBIDDEN, ids=lambda x: str(x)[:40])
def test_rooms_import_only_what_is_theirs(
    room: str, forbidden: set[str], excused: dict[str, str]
) -> None:
    guilty = {
        f"{module} imports {name}"
        for module in modules()
        if is_below(module, {room}) and not is_below(module, excused)
        for name in imports_of(module)
        if is_below(name, forbidden)
    }
    assert guilty == set()


def test_nobody_is_excused_without_need() -> None:
    for room, forbidden, excused in FORBIDDEN:
        for one in excused:
            used = [
                name
                for module in modules()
                if is_below(module, {one})
                for name in imports_of(module)
                if is_below(name, forbidden)
            ]
            assert used, f"{one} needs no excuse from the rule of {room}"


def test_what_both_processes_share_is_the_wire() -> None:
    """The child loads nothing of the server but what has no state and no dependencies."""
    shared = {"slm_lsp", "slm_lsp.errors", "slm_lsp.inference", "slm_lsp.sandbox"}
    child = closure("slm_lsp.inference.worker")
    assert {module for module in child if not is_below(module, shared - {"slm_lsp"})} <= {"slm_lsp"}
    assert "slm_lsp.inference.wire" in child


def test_the_server_never_loads_llama_cpp() -> None:
    """A crash in native code must not take the session with it."""
    for start in ("slm_lsp.commands.serve", "slm_lsp.server", "slm_lsp.assembly"):
        guilty = [m for m in closure(start) if any(is_below(n, MODEL) for n in imports_of(m))]
        assert guilty == []


def test_the_server_never_loads_what_pulls_models() -> None:
    assert "slm_lsp.models.web" in closure("slm_lsp.models.pull")
    assert "slm_lsp.models.web" not in closure("slm_lsp.commands.serve") | closure("slm_lsp.server")


def test_the_wire_is_standard_library_only() -> None:
    ours = {"slm_lsp.inference.wire", "slm_lsp.errors"}
    for module in ("slm_lsp.inference.wire", "slm_lsp.inference.framing"):
        foreign = {
            name
            for name in imports_of(module)
            if name.partition(".")[0] in {"numpy", "llama_cpp", "slm_lsp"} | LSP
            and not is_below(name, ours)
        }
        assert foreign == set()


def test_the_serving_process_starts_no_process_but_the_worker() -> None:
    starters = {
        module
        for module in closure("slm_lsp.server")
        for node in ast.walk(ast.parse(modules()[module].read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute | ast.Name)
        and (node.attr if isinstance(node, ast.Attribute) else node.id)
        in ("create_subprocess_exec", "create_subprocess_shell", "Popen", "fork", "posix_spawn")
    }
    # The sandbox tries it once, to prove that it is closed.
    assert starters <= {"slm_lsp.inference.process", "slm_lsp.sandbox.raw"}
    assert "slm_lsp.inference.process" in starters


LIVE = {"documents", "config", "roots"}


def test_handlers_read_no_live_state_after_an_await() -> None:
    """It was in the snapshot, or it is not needed."""
    guilty = []
    for module in modules():
        if not is_below(module, {"slm_lsp.handlers"}):
            continue
        tree = ast.parse(modules()[module].read_text(encoding="utf-8"))
        for function in ast.walk(tree):
            if isinstance(function, ast.AsyncFunctionDef):
                awaits = [n.lineno for n in ast.walk(function) if isinstance(n, ast.Await)]
                guilty += [
                    f"{module}:{node.lineno} reads {node.attr}"
                    for node in ast.walk(function)
                    if isinstance(node, ast.Attribute)
                    and node.attr in LIVE
                    and awaits
                    and node.lineno > min(awaits)
                ]
    assert guilty == []


def test_nothing_that_is_shipped_needs_what_is_not() -> None:
    for module in modules():
        unshipped = {"training", "benchmarks", "tests", "scripts"}
        if not is_below(module, {"slm_lsp.tune"}):  # the `tune` extra
            unshipped |= {"torch"}
        assert not any(is_below(name, unshipped) for name in imports_of(module)), module


def test_files_stay_readable() -> None:
    """A house measure with some slack: a file is about 250 lines, a handler about 80."""
    allowed = {"slm_lsp.settings": 320}  # one declaration after the other, to be read like a page
    long = {
        module: n_lines
        for module, path in modules().items()
        if (n_lines := len(path.read_text(encoding="utf-8").splitlines()))
        > allowed.get(module, 280)
    }
    assert long == {}
