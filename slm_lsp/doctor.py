"""Examining an installation: each part by itself, in the order in which they depend on each other.

Every check ends with a verdict and, unless all is well, with a cure.
"""

import asyncio
import platform
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from slm_context.cursor import split_at_cursor

from slm_lsp import __version__
from slm_lsp.assembly import build_client, build_engine
from slm_lsp.completion.types import CompletionRequest, Trigger
from slm_lsp.config.files import find_root
from slm_lsp.config.source import load
from slm_lsp.config.types import Resolved
from slm_lsp.errors import SlmError
from slm_lsp.inference.client import WorkerState
from slm_lsp.inference.cpu import cpu_model, physical_cores
from slm_lsp.inference.worker_client import WorkerClient
from slm_lsp.models import resolve_model
from slm_lsp.models.digest import sha256_of
from slm_lsp.models.manifest import verify_bundled
from slm_lsp.places import cache_folder, home
from slm_lsp.sandbox import SandboxLevel, level_of
from slm_lsp.settings import Settings

REINSTALL_LLAMA = (
    f"{sys.executable} -m pip install --force-reinstall --no-cache-dir llama-cpp-python==0.3.36"
)
NEEDS_KERNEL = "use Linux 5.13 or newer, outside of containers that forbid it"
# In a process of its own: a broken build may not only fail to import but crash.
ASK_LLAMA = (
    "import llama_cpp; llama_cpp.llama_backend_init(); "
    "print(llama_cpp.__version__); print(llama_cpp.llama_print_system_info().decode())"
)
# What decides the speed of quantised models, as Linux and macOS name it.
FEATURES = (
    "avx2",
    "fma",
    "f16c",
    "avx512f",
    "avx512_vnni",
    "avx_vnni",
    "amx_int8",
    "asimddp",
    "i8mm",
)
SAMPLE = "def add(a, b):\n    return a + b\n\n\ndef subtract(a, b):\n    return "


class Verdict(StrEnum):
    """How bad it is."""

    GOOD = "good"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Check:
    """One finding; `cure` is what to do, empty when nothing has to be done."""

    name: str
    verdict: Verdict
    detail: str
    cure: str = ""


async def examine(root: Path | None = None) -> list[Check]:
    """All checks, for the repository that `root` or the current folder lies in."""
    resolved = load(find_root(root or Path.cwd()))
    checks = [python(), await llama(), cpu(), *folders(), *settings(resolved)]
    checks += [await model(resolved.settings), *await inference(resolved.settings)]
    return checks


def python() -> Check:
    version = platform.python_version()
    detail = f"slm-lsp {__version__} on {version}, {sys.executable}"
    return Check("python", Verdict.GOOD, detail)


async def llama() -> Check:
    asked = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-c",
        ASK_LLAMA,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, complained = await asked.communicate()
    if asked.returncode == 0:
        version, _, build = said.decode(errors="replace").strip().partition("\n")
        return Check("llama.cpp", Verdict.GOOD, f"llama-cpp-python {version}; {build.strip()}")
    why = complained.decode(errors="replace").strip().splitlines()[-1:] or ["it says nothing"]
    detail = f"importing it ends with {asked.returncode}: {why[0]}"
    return Check("llama.cpp", Verdict.BAD, detail, REINSTALL_LLAMA)


def cpu() -> Check:
    known = cpu_model()
    name = next((x.partition(":")[2].strip() for x in known.splitlines()), platform.machine())
    words = set(known.split())
    found = [feature for feature in FEATURES if feature in words] or ["no known features"]
    detail = f"{name}; {physical_cores()} cores; {' '.join(found)}"
    if platform.machine() in ("x86_64", "AMD64") and words and "avx2" not in words:
        return Check("cpu", Verdict.WARN, detail, "without AVX2 completions take far longer")
    return Check("cpu", Verdict.GOOD, detail)


def folders() -> Iterator[Check]:
    for name, folder in (("data folder", home()), ("cache folder", cache_folder())):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as error:
            cure = f"make {folder} writable, or set SLM_LSP_HOME to a folder that is"
            if isinstance(error, FileExistsError | NotADirectoryError):
                cure = "a file lies there: move it away, or set SLM_LSP_HOME to a folder"
            yield Check(name, Verdict.WARN, f"{folder}: {error.strerror}", cure)
        else:
            yield Check(name, Verdict.GOOD, str(folder))


def settings(resolved: Resolved) -> Iterator[Check]:
    for complaint in resolved.complaints:
        verdict = Verdict.BAD if complaint.stops else Verdict.WARN
        yield Check("settings", verdict, str(complaint), "correct it there")
    if not resolved.complaints:
        yield Check("settings", Verdict.GOOD, "nothing to complain about")
    if not resolved.settings.completion.enabled:
        cure = "set completion.enabled to true"
        yield Check("settings", Verdict.WARN, "completion is switched off", cure)


async def model(settings: Settings) -> Check:
    """The file that would serve, all of it read and compared with its digest."""
    try:
        found = await asyncio.to_thread(resolve_model, settings.model)
        if found.sha256 == verify_bundled().sha256:
            return Check("model", Verdict.GOOD, f"{found.name} (in the package), sha256 verified")
        digest = await asyncio.to_thread(sha256_of, found.path)
    except (SlmError, OSError) as error:
        what, _, cure = str(error).rpartition("; ")
        return Check("model", Verdict.BAD, what or cure, cure if what else "see above")
    if digest != found.sha256:
        cure = "slm-lsp models pull"
        return Check("model", Verdict.BAD, f"{found.path} has changed on the disk", cure)
    return Check("model", Verdict.GOOD, f"{found.name}, {found.path}, sha256 verified")


async def inference(settings: Settings) -> list[Check]:
    """The process that computes: does it start, how guarded is it, and how fast is it."""
    try:
        client = await build_client(settings)
    except SlmError:
        return [Check("inference", Verdict.BAD, "there is no model to load", "see above")]
    started = time.perf_counter()
    try:
        await client.start()
        loaded_ms = (time.perf_counter() - started) * 1000
        if client.state is not WorkerState.READY:
            return [not_started(client.detail)]
        return [
            started_well(client, loaded_ms),
            sandbox(client, settings),
            await timed_completion(client, settings),
        ]
    finally:
        await client.close()


def not_started(detail: str) -> Check:
    """What the client says of a process that does not serve, mostly with the cure behind it."""
    what, _, cure = detail.rpartition("; ")
    if not what:
        what = detail
        cure = f"`slm-lsp models pull` for a whole copy, another model, or {REINSTALL_LLAMA}"
    elif "slm-lsp doctor" in cure:  # which is asked here
        cure = NEEDS_KERNEL if "require_sandbox" in what else REINSTALL_LLAMA
    return Check("inference", Verdict.BAD, what, cure)


def started_well(client: WorkerClient, loaded_ms: float) -> Check:
    detail = f"process {client.pid} is ready after {loaded_ms:.0f} ms"
    if client.safe_mode:
        detail += ", in safe mode: llama.cpp's fast path crashes on this machine"
        return Check("inference", Verdict.WARN, detail, "nothing: it works, only slower")
    return Check("inference", Verdict.GOOD, detail)


def sandbox(client: WorkerClient, settings: Settings) -> Check:
    level = level_of(client.sandbox)
    if level is SandboxLevel.KERNEL:
        return Check("sandbox", Verdict.GOOD, client.sandbox)
    required = settings.privacy.require_sandbox and not level.takes_network_away
    return Check(
        "sandbox",
        Verdict.BAD if required else Verdict.WARN,
        client.sandbox,
        NEEDS_KERNEL,
    )


async def timed_completion(client: WorkerClient, settings: Settings) -> Check:
    engine = build_engine(client, settings)
    document = split_at_cursor(SAMPLE, len(SAMPLE), path="sample.py", language="python")
    request = CompletionRequest("untitled:sample.py", 1, document, Trigger.INVOKED)
    started = time.perf_counter()
    completion = await engine.complete(request)
    elapsed_ms = (time.perf_counter() - started) * 1000
    if completion is None:
        told = engine.explain_last
        reason = told.skip_reason if told else "no reason"
        cure = "see the log of `slm-lsp serve --log-level debug`"
        return Check("completion", Verdict.BAD, f"nothing came: {reason}", cure)
    detail = f"{completion.text.strip()!r} in {elapsed_ms:.0f} ms"
    if elapsed_ms > settings.completion.invoked_deadline_ms:
        cure = "close what keeps the processor busy, or choose a smaller model"
        return Check("completion", Verdict.WARN, f"{detail}, which is too slow", cure)
    return Check("completion", Verdict.GOOD, detail)
