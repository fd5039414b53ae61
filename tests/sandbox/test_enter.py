"""In real processes: what each may still do, and what it may not."""

import errno
import stat
import sys

import pytest

from slm_lsp.models.manifest import verify_bundled
from slm_lsp.sandbox import landlock
from slm_lsp.sandbox.libc import NotHere
from tests.support.sandboxed import SERVER, WORKER, errno_of, in_server, in_worker, run

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the mechanisms of Linux")


def landlock_version() -> int:
    try:
        return landlock.version()
    except NotHere:
        return 0


needs_landlock = pytest.mark.skipif(landlock_version() < 3, reason="this kernel has no Landlock")

# As though Python's own line of defence did not exist: only the kernel is left.
NO_HOOK = "import slm_lsp.sandbox.guard as g; g.install = lambda **_: 'audit hook'"


@needs_landlock
def test_the_kernel_holds_both(tmp_path):
    assert run(WORKER.format(model="")) == ["kernel"]
    assert run(SERVER.format(own=str(tmp_path / "own"))) == ["kernel"]


@pytest.mark.parametrize("family", ["AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK", "AF_VSOCK"])
@pytest.mark.parametrize("role", [WORKER, SERVER])
def test_the_kernel_refuses_every_socket(role, family, tmp_path):
    enter = role.format(model="", own=str(tmp_path / "own"))
    said = run(NO_HOOK, enter, "import socket", errno_of(f"socket.socket(socket.{family})"))
    assert said[1:] == [f"PermissionError {errno.EPERM}"]


def test_threads_from_before_and_after_are_under_the_filter(tmp_path):
    said = run(
        NO_HOOK,
        "import socket, threading",
        "entered, done = threading.Event(), threading.Event()",
        f"def old():\n    entered.wait(){indented(errno_of('socket.socket()'))}\n    done.set()",
        "threading.Thread(target=old).start()",
        WORKER.format(model=""),
        "entered.set(); done.wait()",
    )
    # Landlock does not reach that thread, and the level says so.
    assert said == ["partial", f"PermissionError {errno.EPERM}"]


def test_where_proc_is_not_mounted(tmp_path):
    hide = "import os; os.listdir = lambda path: (_ for _ in ()).throw(FileNotFoundError(path))"
    said = run(
        NO_HOOK, hide, SERVER.format(own=str(tmp_path / "own")), errno_of("open('/tmp/x', 'w')")
    )
    # What Landlock refuses is refused, but nobody can tell whether to every thread.
    assert said == ["partial", f"PermissionError {errno.EACCES}"]


def test_a_worker_starts_threads_but_no_process():
    said = in_worker(
        "import threading, subprocess",
        "t = threading.Thread(target=print, args=('thread',)); t.start(); t.join()",
        errno_of("os.fork()"),
        errno_of("os.posix_spawn('/bin/true', ['true'], {})"),
        "print(ctypes.CDLL(None).fork())",
        "print(ctypes.CDLL(None).execv(b'/bin/true', None))",
    )
    refused = f"Refused {errno.EPERM}"
    assert said == ["thread", refused, refused, "-1", "-1"]


def test_a_server_starts_its_own_interpreter_in_each_way_of_pythons(tmp_path):
    spawned = "os.waitpid(os.posix_spawn({0}, [{0}, '-c', 'print(1, flush=True)'], {{}}), 0)"
    said = in_server(
        spawned.format("sys.executable"),  # `subprocess` does so since Python 3.13
        errno_of(spawned.format("'/bin/sh'")),
        own=tmp_path / "own",
    )
    assert said == ["1", f"Refused {errno.EPERM}"]


def test_a_worker_maps_its_model_and_loads_llama():
    model = verify_bundled().path
    said = in_worker(
        "import llama_cpp, mmap",
        f"file = open({str(model)!r}, 'rb')",
        "print(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)[:4])",
        model=model,
    )
    assert said == ["b'GGUF'"]


@needs_landlock
def test_a_worker_reads_only_the_model_of_what_is_the_users(tmp_path):
    model, source = tmp_path / "model.gguf", tmp_path / "secret.py"
    model.write_text("weights")
    source.write_text("password = 1")
    said = in_worker(
        f"print(open({str(model)!r}).read())",
        errno_of(f"open({str(source)!r})"),
        errno_of(f"os.listdir({str(tmp_path)!r})"),
        model=model,
    )
    denied = f"PermissionError {errno.EACCES}"
    assert said == ["weights", denied, denied]


@needs_landlock
def test_a_worker_writes_nowhere(tmp_path):
    existing = tmp_path / "there"
    existing.write_text("")
    said = run(
        NO_HOOK,
        WORKER.format(model=str(existing)),
        errno_of(f"open({str(tmp_path / 'new')!r}, 'w')"),
        errno_of(f"open({str(existing)!r}, 'a')"),
        errno_of(f"os.remove({str(existing)!r})"),
        errno_of(f"os.mkdir({str(tmp_path / 'folder')!r})"),
        errno_of("open('/dev/null', 'w').write('x')"),
    )
    assert said[1:] == [f"PermissionError {errno.EACCES}"] * 4 + ["done"]


def test_a_descriptor_from_before_takes_no_contents(tmp_path):
    """Without Landlock it would be this that keeps source off the disk."""
    said = run(
        f"file = os.open({str(tmp_path / 'old')!r}, os.O_CREAT | os.O_WRONLY)",
        WORKER.format(model=""),
        errno_of("os.write(file, b'source')"),
    )
    assert said[1:] == [f"OSError {errno.EFBIG}"]


def test_no_core_and_no_look_into_the_memory():
    said = in_worker(
        "import resource; print(resource.getrlimit(resource.RLIMIT_CORE))",
        "print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))",
        "print(int(open('/proc/self/coredump_filter').read(), 16))",
    )
    assert said == ["(0, 0)", "0", "0"]


@needs_landlock
def test_a_server_writes_in_its_own_folders_only(tmp_path):
    own, log = tmp_path / "own", tmp_path / "log.txt"
    log.touch()
    said = run(
        NO_HOOK,
        "from slm_lsp.sandbox import *",
        f"os.chdir({str(tmp_path)!r})",
        "enter_server_sandbox([Path('own')], [Path('log.txt')])",
        errno_of("open('own/a', 'w').write('x')"),
        errno_of("os.rename('own/a', 'own/b')"),
        errno_of("os.mkdir('own/c'); os.rename('own/b', 'own/c/d')"),
        errno_of("open('log.txt', 'a').write('x')"),
        errno_of("open('elsewhere', 'w')"),
        errno_of("os.rename('own/c/d', 'out')"),
        errno_of("os.symlink('/', 'link')"),
    )
    assert said[:4] == ["done"] * 4
    assert {line.split()[0] for line in said[4:]} == {"PermissionError"}
    assert stat.S_IMODE(own.stat().st_mode) == 0o700


@needs_landlock
def test_a_server_starts_its_interpreter_and_nothing_else(tmp_path):
    said = run(
        NO_HOOK,
        SERVER.format(own=str(tmp_path / "own")),
        "import subprocess",
        "print(subprocess.run([sys.executable, '-c', '']).returncode)",
        errno_of("subprocess.run(['/bin/sh', '-c', ''])"),
        errno_of("subprocess.run(['ls'])"),
    )
    assert said[1:] == ["0"] + [f"PermissionError {errno.EACCES}"] * 2


def test_what_a_server_starts_is_inside_from_its_first_instruction(tmp_path):
    """So that a worker that is restarted an hour later has no network either."""
    child = "import ctypes; print(ctypes.CDLL(None).socket(2, 1, 0))"
    said = in_server(
        f"import subprocess; subprocess.run([sys.executable, '-c', {child!r}])",
        own=tmp_path / "own",
    )
    assert said == ["-1"]


def test_asyncio_works_in_a_server(tmp_path):
    said = in_server(
        "import asyncio",
        "async def main():",
        "    await asyncio.to_thread(print, 'thread', flush=True)",
        "    child = await asyncio.create_subprocess_exec(sys.executable, '-c', 'print(input())',",
        "        stdin=-1, stdout=-1)",
        "    print((await child.communicate(b'said\\n'))[0].decode().strip())",
        "asyncio.run(main())",
        own=tmp_path / "own",
    )
    assert said == ["thread", "said"]


def test_entering_twice_is_entering_once(tmp_path):
    said = in_server(
        f"print(enter_server_sandbox([Path({str(tmp_path / 'more')!r})]) is current())",
        f"print(Path({str(tmp_path / 'more')!r}).exists())",
        own=tmp_path / "own",
    )
    assert said == ["True", "False"]


def test_without_the_kernel_it_is_called_a_guard():
    said = run(
        "import slm_lsp.sandbox.enter as e",
        "from slm_lsp.sandbox.libc import NotHere",
        "def missing(*_): raise NotHere('it is missing')",
        "e.seccomp.install = e.landlock.restrict = missing",
        "sandbox = e.enter_worker_sandbox('')",
        "print(sandbox)",
        "import socket",
        errno_of("socket.socket()"),
        errno_of("os.system('true')"),
        errno_of("open('/tmp/slm-lsp-should-not-be', 'w')"),
    )
    assert said[0].startswith("guard: only Python itself refuses the network")
    assert said[0].count("it is missing") == 2
    assert said[1:] == [f"Refused {errno.EPERM}"] * 3


def test_a_filter_that_does_not_work_is_not_believed():
    said = run(
        "import slm_lsp.sandbox.enter as e",
        "e.seccomp.install = lambda build: 'seccomp'",
        "print(e.enter_worker_sandbox(''))",
    )
    assert said[0].startswith("guard:")
    assert "a socket could be made" in said[0]


def indented(text: str) -> str:
    return text.replace("\n", "\n    ")
