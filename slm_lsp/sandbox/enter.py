"""Entering the sandbox: once per process, for good, first the strongest mechanism."""

import os
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from slm_lsp.errors import SandboxMissing
from slm_lsp.sandbox import bpf, guard, landlock, memory, raw, seatbelt, seccomp
from slm_lsp.sandbox.landlock import OWN, READ, WRITE, Access, Allowed
from slm_lsp.sandbox.level import PYTHON, Sandbox
from slm_lsp.sandbox.libc import PR_SET_NO_NEW_PRIVS, NotHere, prctl

_current: Sandbox | None = None

# Read by every process: the C library, its locale, the time zone, what /proc says of oneself.
SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/etc", "/opt", "/nix", "/gnu",
          "/snap", "/proc", "/sys", "/dev", "/run/opengl-driver")  # fmt: skip
# A computing device is a file that is written to.
DEVICES = ("/dev/null", "/dev/dri", "/dev/kfd", "/dev/accel")
DEVICE_PATTERNS = ("nvidia*", "davinci*")
LOADERS = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/lib/x86_64-linux-gnu",
           "/lib/aarch64-linux-gnu")  # fmt: skip


def current() -> Sandbox | None:
    """The sandbox that this process is in."""
    return _current


def inherit(told: Mapping[str, Any]) -> None:
    """Take what the kernel refuses a process that started this one for what it refuses this one.

    `told` is that process's `Sandbox` as a mapping. Whether it is so, `probe` tries.
    """
    global _current
    kernel = {
        key: tuple(one for one in told[key] if one != PYTHON)
        for key in ("network", "programs", "files")
    }
    _current = Sandbox(told["role"], reasons=tuple(told["reasons"]), **kernel)


def demand(sandbox: Sandbox | None) -> None:
    """Raise SandboxMissing unless the operating system takes the network away."""
    if sandbox is None or not sandbox.level.takes_network_away:
        why = "this process is in no sandbox" if sandbox is None else sandbox.sentence
        raise SandboxMissing(
            f"privacy.require_sandbox is set, but {why}; `slm-lsp doctor` says what is missing"
        )


def enter_worker_sandbox(model_path: str | Path, also_read: Iterable[str | Path] = ()) -> Sandbox:
    """The inference process gives up the network, all programs and all writing.

    It reads the system, the interpreter, its packages and the model, and no more. To be called
    before the model is opened, which is input that nobody has checked, and before the first
    thread is started.
    """
    global _current
    if _current is not None:
        return _current
    memory.no_core_dumps(hidden=True)
    memory.no_file_contents()
    sandbox = Sandbox("worker")
    if sys.platform == "linux":
        readable = (model_path, *also_read, *_interpreter_places())
        sandbox = _linux(
            sandbox,
            handled=READ | WRITE | Access.EXECUTE,
            allowed=(
                Allowed(READ, _paths(*SYSTEM, *readable)),
                Allowed(READ | Access.WRITE_FILE | Access.IOCTL_DEV, _devices()),
            ),
            build=bpf.worker_filter,
        )
        if "seccomp" in sandbox.network:
            sandbox = replace(sandbox, programs=_first("seccomp", sandbox.programs))
    elif sys.platform == "darwin":
        sandbox = _macos(sandbox, seatbelt.WORKER, no_programs=True)
    return _finish(sandbox, programs=(), own_places=())


def enter_server_sandbox(
    own_folders: Iterable[Path], own_files: Iterable[Path] = (), programs: Iterable[str] = ()
) -> Sandbox:
    """The server gives up the network, programs but its own interpreter, and writing elsewhere.

    Folders that do not exist are made where the disk allows it; files have to be there. Of
    `programs`, by name or path, those stay that are installed: what they start themselves does not.

    To be called before the first thread is started: Landlock does not reach threads that exist
    already. The worker inherits all of it, so that a restart is inside from its first
    instruction.
    """
    global _current
    if _current is not None:
        return _current
    memory.no_core_dumps(hidden=False)
    # What it writes, nobody else on this machine reads.
    os.umask(0o077)
    folders, files = tuple(own_folders), tuple(own_files)
    for folder in folders:
        _make_private(folder)
    sandbox = Sandbox("server")
    if sys.platform == "linux":
        sandbox = _linux(
            sandbox,
            handled=WRITE & ~Access.IOCTL_DEV | Access.EXECUTE,
            allowed=(
                Allowed(OWN, (*folders, *files)),
                Allowed(Access.WRITE_FILE | Access.TRUNCATE, _devices()),
                Allowed(Access.EXECUTE, (*_interpreters(), *_installed(programs))),
            ),
            build=bpf.server_filter,
        )
    elif sys.platform == "darwin":
        sandbox = _macos(sandbox, seatbelt.SERVER, no_programs=False)
    programs = (sys.executable, *programs)
    return _finish(sandbox, programs=programs, own_places=(*folders, *files))


def _linux(sandbox: Sandbox, *, handled: Access, allowed: Sequence[Allowed], build) -> Sandbox:
    reasons: list[str] = []
    try:
        prctl(PR_SET_NO_NEW_PRIVS, 1)
    except OSError as error:
        return replace(sandbox, reasons=(f"no_new_privs failed: {error.strerror}",))
    files: tuple[str, ...] = ()
    n_threads = _n_threads()
    try:
        name = landlock.restrict(handled, allowed)
        if n_threads == 1:
            files = (name,)
        elif n_threads is None:
            reasons.append("without /proc nobody knows whether Landlock reaches all threads")
        else:
            reasons.append(f"{n_threads - 1} threads were started before Landlock")
    except NotHere as missing:
        reasons.append(str(missing))
    network: tuple[str, ...] = ()
    try:
        network = (seccomp.install(build),)
    except NotHere as missing:
        reasons.append(str(missing))
    if network and files:
        # Landlock's share, TCP alone, is a second line behind the filter.
        network += files
    return replace(sandbox, network=network, programs=files, files=files, reasons=tuple(reasons))


def _n_threads() -> int | None:
    """Of this process; None in a container without /proc."""
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        return None


def _macos(sandbox: Sandbox, profile: bytes, *, no_programs: bool) -> Sandbox:
    try:
        name = seatbelt.install(profile)
    except NotHere as missing:
        # Where the server's is inherited, a second one is refused, and none is needed.
        name, reason = "Seatbelt", str(missing)
        if not _loopback_is_refused():
            return replace(sandbox, reasons=(reason,))
        return replace(sandbox, network=(name,))
    return replace(sandbox, network=(name,), programs=(name,) if no_programs else ())


def _finish(sandbox: Sandbox, *, programs: Iterable[str], own_places: Iterable[Path]) -> Sandbox:
    """Believe nothing that was not tried, add the second line, and remember."""
    global _current
    if sandbox.network and not _network_is_refused():
        reasons = (*sandbox.reasons, f"{sandbox.network[0]} is set, but a socket could be made")
        sandbox = replace(sandbox, network=(), reasons=reasons)
    if sys.platform not in ("linux", "darwin"):
        sandbox = replace(sandbox, reasons=(f"{sys.platform} has no mechanism that we use",))
    hook = guard.install(programs=programs, own_places=own_places)
    _current = replace(
        sandbox,
        network=(*sandbox.network, hook),
        programs=(*sandbox.programs, hook),
        files=(*sandbox.files, hook),
    )
    return _current


def _network_is_refused() -> bool:
    return raw.sockets_are_refused() if sys.platform == "linux" else _loopback_is_refused()


def _loopback_is_refused() -> bool:
    """Whether the kernel refuses a connection to this machine's own discard port."""
    handle = raw.socket(raw.AF_INET)
    try:
        raw.connect(handle, raw.ipv4("127.0.0.1", 9))
    except PermissionError:
        return True
    except OSError:
        return False
    finally:
        os.close(handle)
    return False


def _first(name: str, others: tuple[str, ...]) -> tuple[str, ...]:
    return (name, *(other for other in others if other != name))


def _make_private(folder: Path) -> None:
    """What cannot be made is not written to: a read-only disk costs the memory, not the session."""
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _installed(programs: Iterable[str]) -> tuple[Path, ...]:
    found = (shutil.which(name) for name in programs)
    return tuple(Path(path) for path in found if path is not None)


def _paths(*paths: str | Path) -> tuple[Path, ...]:
    return tuple(dict.fromkeys(Path(path) for path in paths))


def _devices() -> tuple[Path, ...]:
    found = (path for pattern in DEVICE_PATTERNS for path in Path("/dev").glob(pattern))
    return _paths(*DEVICES, *found)


def _interpreter_places() -> list[str]:
    """Where Python finds its modules and the loader finds its libraries."""
    places = [sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix]
    places += [entry for entry in sys.path if entry]
    for variable in ("LD_LIBRARY_PATH", "LLAMA_CPP_LIB_PATH"):
        places += [entry for entry in os.environ.get(variable, "").split(":") if entry]
    return places


def _interpreters() -> tuple[Path, ...]:
    """This interpreter, and the loader that its file names: what a restart needs."""
    found = [Path(sys.executable), Path("/proc/self/exe")]
    for folder in LOADERS:
        found += [*Path(folder).glob("ld-linux-*.so.*"), *Path(folder).glob("ld-musl-*.so.1")]
    return _paths(*found)
