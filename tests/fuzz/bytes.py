"""Coverage-guided fuzzing of everything that reads bytes, by libFuzzer through atheris.

    python -m tests.fuzz.bytes rpc --messages 500000
    python -m tests.fuzz.bytes rpc --input tests/fuzz/cases/rpc/0123abcd    # one again

It starts from `seeds/TARGET` and writes what it finds to `cases/TARGET`, where `test_fuzz` tries it
again for ever. atheris has wheels for Linux on x86-64.
"""

import argparse
import json
import logging
import random
import sys
import warnings
from pathlib import Path

HERE = Path(__file__).parent
NAMES = ("framing", "rpc", "wire", "gguf", "config")
# Longer inputs reach nothing new, only later.
LONGEST = {"framing": 4096, "rpc": 4096, "wire": 2048, "gguf": 8192, "config": 4096}


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("target", choices=NAMES)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--seconds", type=int, default=0, help="at most; 0: as long as it takes")
    parser.add_argument("--corpus", type=Path, help="keep what reached new code in this folder")
    parser.add_argument("--input", type=Path, help="only this one")
    arguments = parser.parse_args(argv)

    import atheris

    # Code is instrumented while it is imported: before anything of ours is.
    with warnings.catch_warnings(), atheris.instrument_imports(include=["slm_lsp", "tests.fuzz"]):
        warnings.simplefilter("ignore")
        from tests.fuzz.places import own_places
        from tests.fuzz.targets import targets
    logging.disable(logging.CRITICAL)
    with own_places() as folder:
        (folder / "repository").mkdir()
        target = targets(folder / "repository")[arguments.target]
        if arguments.input is not None:
            target(arguments.input.read_bytes())
            return
        cases = HERE / "cases" / arguments.target
        cases.mkdir(parents=True, exist_ok=True)
        corpus = arguments.corpus or folder / "corpus"
        corpus.mkdir(parents=True, exist_ok=True)
        options = {
            "atheris_runs": arguments.messages,
            "max_total_time": arguments.seconds,
            "max_len": LONGEST[arguments.target],
            "timeout": 60,
            "rss_limit_mb": 2048,
            "artifact_prefix": f"{cases}/",
            "dict": HERE / "seeds" / f"{arguments.target}.dict",
            "print_final_stats": 1,
        }
        command = [f"-{name}={value}" for name, value in options.items()]
        seeds = str(HERE / "seeds" / arguments.target)
        mutators = {"custom_mutator": structured} if arguments.target == "rpc" else {}
        atheris.Setup([sys.argv[0], *command, str(corpus), seeds], target, **mutators)
        atheris.Fuzz()


def structured(content: bytes, max_size: int, seed: int) -> bytes:
    """Every second time something odd inside of JSON that stays JSON, else what libFuzzer does."""
    import atheris

    from tests.server.test_rpc import mutated

    rng = random.Random(seed)
    if rng.random() < 0.5:
        try:
            changed = json.dumps(mutated(rng, json.loads(content))).encode()
        except (ValueError, RecursionError, TypeError):
            pass
        else:
            return changed[:max_size]
    return atheris.Mutate(content, len(content))


if __name__ == "__main__":
    main()
