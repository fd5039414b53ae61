"""One tokenizer, two implementations: what we train with and what llama.cpp serves with agree."""

import ctypes
import random
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import llama_cpp
import pytest

from slm_lsp.models.manifest import bundled_model
from slm_lsp.tune.weights import read_tokenizer

ROOT = Path(__file__).parents[2]
LIBRARY = Path(sysconfig.get_paths()["stdlib"])
# What source code of strangers holds and our own does not.
ODD = (
    "x = 'é' + \"日本語\" + '👩\u200d💻' + 'a\u0301'\r\n\tif x:\r\n\t\treturn\u00a0None  \n"
    "0x1F_FF 1e-10 1234567 ½ ²  \u2003 wide\n\n\n\n\t \t don't WE'LL they'RE\n"
    "<|fim_middle|>\x00\x7f\u0660\u0661 ٣ ไทย हिन्दी \ufeff end"
)


def texts() -> Iterator[str]:
    """More than a megabyte of code in several languages, and what is odd."""
    yield ODD
    rng = random.Random(0)
    signs = [chr(code) for code in (*range(1, 0x250), *range(0x370, 0x5F0), *range(0x4E00, 0x4E40))]
    yield "".join(rng.choices([*signs, " ", "\n", "\t", "'"], k=50_000))
    own = [path for kind in ("ts", "js", "toml", "md") for path in ROOT.glob(f"*/**/*.{kind}")]
    for path in [*sorted(LIBRARY.glob("*.py")), *(p for p in own if "node_modules" not in p.parts)]:
        yield path.read_text("utf-8", "replace")


@pytest.fixture(scope="module")
def vocabulary() -> Iterator[object]:
    """llama.cpp's side of the bundled model, without its weights."""
    options = llama_cpp.llama_model_default_params()
    options.vocab_only = True
    model = llama_cpp.llama_model_load_from_file(str(bundled_model().path).encode(), options)
    assert model
    yield llama_cpp.llama_model_get_vocab(model)
    llama_cpp.llama_model_free(model)


def llama_ids(vocabulary: object, text: str) -> list[int]:
    raw = text.encode("utf-8")
    room = (ctypes.c_int32 * (len(raw) + 8))()
    # Nothing is added, and a marker that stands in a file is text.
    n = llama_cpp.llama_tokenize(vocabulary, raw, len(raw), room, len(room), False, False)  # type: ignore[arg-type]
    assert n >= 0
    return list(room[:n])


@pytest.mark.slow
def test_a_megabyte_of_code_has_the_same_tokens_for_both_and_comes_back_whole(vocabulary: object):
    tokenizer = read_tokenizer(bundled_model().path)
    tokenizer.encode_special_tokens = True
    n_bytes = 0
    for text in texts():
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        assert ids == llama_ids(vocabulary, text), text[:80]
        assert tokenizer.decode(ids, skip_special_tokens=False) == text
        n_bytes += len(text.encode("utf-8"))
        if n_bytes > 2_000_000:
            break
    assert n_bytes > 1_000_000
