"""`slm-lsp models pull`: the only command that uses the network."""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from slm_lsp.models.pull import Pulled, Wanted
    from slm_lsp.models.sources import Source
    from slm_lsp.settings import ModelSettings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "source",
        nargs="?",
        help="hf:owner/repo/file.gguf@revision, https://…, file:… or a name of the catalogue; "
        "by default what the settings here pin",
    )
    parser.add_argument("--name", help="what to call the model in the store")
    parser.add_argument("--sha256", help="refuse any other content")
    parser.add_argument("--pin", action="store_true", help="write it into slm-lsp.toml")


@dataclass(frozen=True, slots=True)
class _Job:
    wanted: "Wanted"
    template: str | None = None


def run(args: argparse.Namespace) -> int:
    from slm_lsp.commands.here import root_here, settings_here
    from slm_lsp.commands.progress import progress_bar
    from slm_lsp.errors import ConfigError
    from slm_lsp.models.memory import human
    from slm_lsp.models.pull import pull
    from slm_lsp.models.sources import FileSource
    from slm_lsp.models.store import own_store

    if not args.source and (args.sha256 or args.name):
        raise ConfigError("--sha256 and --name are of a SOURCE; a pin says both of itself")
    root = root_here()
    jobs = [_asked(args)] if args.source else _pinned(settings_here().settings.model, root)
    for job in jobs:
        source = job.wanted.source
        if not isinstance(source, FileSource):
            print(
                f"pulling {source} (this is the only command that uses the network)",
                file=sys.stderr,
            )
        with progress_bar(job.wanted.name or str(source)) as reporter:
            pulled = pull(job.wanted, own_store(), reporter)
        entry = pulled.entry
        state = "is in the store" if pulled.fresh else "was in the store already"
        print(f"{entry.name} {state}: sha256 {entry.sha256}, {human(entry.size)}")
        if args.pin:
            _pin(root, pulled, job.template)
    return 0


def _asked(args: argparse.Namespace) -> _Job:
    """What the command line names."""
    from slm_lsp.errors import ConfigError, ModelNotFound
    from slm_lsp.models.catalogue import catalogue_model
    from slm_lsp.models.pull import Wanted
    from slm_lsp.models.sources import parse_source

    if args.sha256 is not None:
        import re

        from slm_lsp.settings import SHA256, SHA256_SAYS

        if re.fullmatch(SHA256, args.sha256) is None:
            raise ConfigError(f"--sha256 is {SHA256_SAYS}")
    if ":" in args.source:
        return _Job(Wanted(parse_source(args.source), args.sha256, name=args.name))
    known = catalogue_model(args.source)
    if known.source is None:
        raise ModelNotFound(f"nobody publishes a GGUF file of {known.name}; convert it yourself")
    wanted = Wanted(parse_source(known.source), args.sha256, name=args.name or known.name)
    return _Job(wanted, known.template)


def _pinned(model: "ModelSettings", root: Path) -> list[_Job]:
    """What the settings pin: the model and its adapter."""
    from slm_lsp.errors import ModelMismatch, ModelNotFound
    from slm_lsp.models.manifest import bundled_model
    from slm_lsp.models.missing import not_here
    from slm_lsp.models.pull import Wanted

    if model.problem is not None:
        raise ModelMismatch(model.problem)
    jobs: list[_Job] = []
    if model.sha256 is not None and model.sha256 != bundled_model().sha256:
        name = None if model.name == "bundled" else model.name
        wanted = Wanted(_source(model.source, root, "model"), model.sha256, model.size, name)
        jobs.append(_Job(wanted, model.template))
    adapter = model.adapter
    if adapter is not None and adapter.sha256 is not None:
        source = _source(adapter.source, root, "model.adapter")
        jobs.append(_Job(Wanted(source, adapter.sha256, adapter.size)))
    if not jobs:
        if model.path is not None:
            print(f"`model.path` in your settings names the file: {model.path} is never pulled")
            return []
        bundled = bundled_model()
        if model.name in ("bundled", bundled.name) or model.sha256 == bundled.sha256:
            print("the bundled model serves here: there is nothing to pull")
            return []
        raise ModelNotFound(not_here(model))
    return jobs


def _source(text: str | None, root: Path, section: str) -> "Source":
    from slm_lsp.errors import ModelNotFound
    from slm_lsp.models.missing import how_to_get
    from slm_lsp.models.sources import parse_source

    if text is None:
        raise ModelNotFound(how_to_get(None, section))
    return parse_source(text, root)


def _pin(root: Path, pulled: "Pulled", template: str | None) -> None:
    from slm_lsp.config.pin import Pin, write_pin
    from slm_lsp.models.sources import FileSource

    entry, source = pulled.entry, pulled.source
    text: str | None = str(source)
    if isinstance(source, FileSource):
        inside = source.path.resolve()
        top = root.resolve()
        text = f"file:{inside.relative_to(top).as_posix()}" if inside.is_relative_to(top) else None
    written = write_pin(root, Pin(entry.name, entry.sha256, entry.size, text, template))
    print(f"pinned in {written}")
    if text is None:
        print(
            f"{source} lies outside the repository, so no source was written: colleagues need the "
            "file, and `slm-lsp models add FILE`",
            file=sys.stderr,
        )
