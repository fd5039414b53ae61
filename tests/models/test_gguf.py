"""What a GGUF file can get wrong, and the one sentence about it."""

import ctypes
import struct
from pathlib import Path
from typing import Any

import pytest

from slm_lsp.errors import ModelCorrupt, ModelError, ModelUnsuitable
from slm_lsp.models import architectures, bundled_model, gguf_reader, memory
from slm_lsp.models import inspect as inspection
from slm_lsp.models.ggml_types import GGML_TYPES
from slm_lsp.models.gguf_reader import read_header
from slm_lsp.models.inspect import inspect_model
from tests.support.gguf_files import MARKERS, VOCABULARY, Gguf, Tensor, a_model


def a_tensor(**changes: Any) -> Tensor:
    fields = {"name": "extra", "shape": (32,), "type": 0, "content": bytes(128)}
    return Tensor(**{**fields, **changes})


def with_tensor(**changes: Any) -> Gguf:
    model = a_model()
    model.tensors = [*model.tensors, a_tensor(**changes)]
    return model


def with_fields(**fields: Any) -> Gguf:
    model = a_model()
    for name, value in fields.items():
        setattr(model, name, value)
    return model


def with_raw(value: bytes) -> Gguf:
    """A metadata value whose bytes are given, type included."""
    return a_model(x__y=value)


def floats(*numbers: float) -> bytes:
    """A metadata value: one float for each layer, where whole numbers are expected."""
    return struct.pack(f"<IIQ{len(numbers)}f", 9, 6, len(numbers), *numbers)


def test_a_good_file(tmp_path: Path) -> None:
    found = inspect_model(a_model().write(tmp_path / "m.gguf"))
    assert (found.architecture, found.name, found.n_vocab) == ("llama", "tiny", len(VOCABULARY))
    assert found.fim_ids == {"pre": 1, "mid": 2, "suf": 3}
    assert found.quantization == "Q8_0"


def test_a_number_that_is_none_counts_as_not_said(tmp_path: Path) -> None:
    odd = a_model(split__count=floats(float("inf")), llama__feed_forward_length=floats(64.5))
    assert inspect_model(odd.write(tmp_path / "m.gguf")).n_vocab == len(VOCABULARY)


def test_the_bundled_model() -> None:
    found = inspect_model(bundled_model().path)
    assert (found.architecture, found.quantization, found.n_ctx_train) == ("llama", "Q8_0", 2048)
    assert 7_900_000 < found.n_weights < 8_100_000


@pytest.mark.parametrize(
    ("file", "says"),
    [
        (with_fields(magic=b"GGML"), "does not begin with GGUF"),
        (with_fields(version=1), "format version is 1"),
        (with_fields(version=3 << 24), "big-endian"),
        (with_fields(n_keys=10**6), "announces 1000000 metadata keys"),
        (with_fields(n_keys=2**64 - 1), "metadata keys"),
        (with_fields(n_tensors=2**63), "tensors"),
        (with_fields(n_keys=99), "unknown type|beyond the end|the most|twice"),
        (with_fields(offsets={"output_norm.weight": 32}), "not where the one before it ends"),
        (with_fields(offsets={"token_embd.weight": 2**63}), "not where the one before it ends"),
        (with_fields(alignment=48), "not where the one before it ends"),
        (a_model(general__alignment=33), "power of two"),
        (a_model(general__alignment=0), "power of two"),
        (a_model(general__alignment="32"), "power of two"),
        (with_raw(struct.pack("<IQ", 8, 2**60)), "announces 1152921504606846976 bytes"),
        (with_raw(struct.pack("<IQ", 8, 3 << 20)), "beyond the end"),
        (with_raw(struct.pack("<I", 77)), "unknown type 77"),
        (with_raw(struct.pack("<IIQ", 9, 9, 1)), "array of the unknown type 9"),
        (with_raw(struct.pack("<IIQ", 9, 4, 2**62)), "items"),
        (with_raw(struct.pack("<IIQ", 9, 4, 10**6)), "beyond the end"),
        (with_raw(struct.pack("<IIQ", 9, 8, 10**6)), "beyond the end"),
        (with_raw(struct.pack("<IIQQ", 9, 8, 1, 2**50)), "a string of"),
        (with_tensor(name="output_norm.weight"), "there twice"),
        (with_tensor(name="n" * 64), "announces 64 bytes"),
        (with_tensor(shape=(1, 1, 1, 1, 1)), "announces 5 dimensions"),
        (with_tensor(shape=(0,)), "impossible shape"),
        (with_tensor(shape=(2**63,)), "impossible shape"),
        (with_tensor(shape=(2**39, 2**39)), "larger than the file"),
        (with_tensor(shape=(33,), type=8), "no multiple of 32"),
        (with_tensor(type=4), "unknown type 4"),
        (with_tensor(shape=(64,), content=b""), "cut off"),
    ],
)
def test_a_damaged_file(file: Gguf, says: str, tmp_path: Path) -> None:
    path = file.write(tmp_path / "m.gguf")
    with pytest.raises(ModelCorrupt, match=says) as raised:
        read_header(path)
    assert_a_sentence(raised.value)


@pytest.mark.parametrize(
    ("model", "error", "says"),
    [
        (a_model(general__architecture=None), ModelCorrupt, "does not say its architecture"),
        (a_model(general__architecture="mamba"), ModelUnsuitable, "recurrent state"),
        (a_model(general__architecture="qwen3next"), ModelUnsuitable, "recurrent state"),
        (a_model(general__architecture="bert"), ModelUnsuitable, "writes no text"),
        (a_model(general__architecture="dream"), ModelUnsuitable, "left to right"),
        (a_model(general__architecture="x" * 500), ModelUnsuitable, "not known to work"),
        (a_model(general__type="adapter"), ModelUnsuitable, "LoRA adapter"),
        (a_model(split__count=3), ModelUnsuitable, "one part of a split model"),
        (a_model(llama__block_count=0), ModelCorrupt, "block_count is 0"),
        (a_model(llama__block_count=10**6), ModelCorrupt, "block_count"),
        (a_model(llama__block_count=floats(float("inf"))), ModelCorrupt, "block_count is 0"),
        (a_model(llama__context_length=floats(float("nan"))), ModelCorrupt, "context_length is 0"),
        (a_model(split__count=[3, 1]), ModelUnsuitable, "one part of a split model"),
        (a_model(llama__attention__head_count_kv=[-(2**31)]), ModelCorrupt, "head_count_kv"),
        (a_model(llama__attention__key_length=[-1]), ModelCorrupt, "key_length is -1"),
        (a_model(llama__feed_forward_length=2**31), ModelCorrupt, "feed_forward_length"),
        (a_model(llama__embedding_length=None), ModelCorrupt, "embedding_length"),
        (a_model(llama__context_length=2**31), ModelCorrupt, "context_length"),
        (a_model(tokenizer__ggml__tokens=None), ModelCorrupt, "no vocabulary"),
        (a_model(tokenizer__ggml__tokens=[1, 2]), ModelCorrupt, "no vocabulary"),
        (a_model(tokenizer__ggml__token_type=[1]), ModelCorrupt, "30 tokens and 1 token_types"),
        (a_model(tokenizer__ggml__eos_token_id=30), ModelCorrupt, "eos token 30"),
        (a_model(tokenizer__ggml__fim_pre_token_id=99), ModelCorrupt, "marker"),
        (
            a_model(tokenizer__ggml__tokens=["x"] * 30),
            ModelUnsuitable,
            "no pre and no suf and no mid marker",
        ),
        (
            a_model(tokenizer__ggml__tokens=["x"] * 31, tokenizer__ggml__token_type=None),
            ModelCorrupt,
            "do not cover the vocabulary",
        ),
        (with_fields(tensors=[]), ModelCorrupt, "no weights"),
    ],
)
def test_a_model_that_cannot_serve(
    model: Gguf, error: type[ModelError], says: str, tmp_path: Path
) -> None:
    with pytest.raises(error, match=says) as raised:
        inspect_model(model.write(tmp_path / "m.gguf"))
    assert_a_sentence(raised.value)


@pytest.mark.parametrize(
    "markers",
    [
        MARKERS,
        ("<fim_prefix>", "<fim_middle>", "<fim_suffix>"),
        ("<｜fim▁begin｜>", "<｜fim▁end｜>", "<｜fim▁hole｜>"),
        ("▁<PRE>", "▁<MID>", "▁<SUF>"),
        ("[PREFIX]", "other", "[SUFFIX]"),
    ],
)
def test_markers_are_found_in_the_vocabulary(markers: tuple[str, ...], tmp_path: Path) -> None:
    tokens = ["<end>", *markers, *VOCABULARY[4:]]
    found = inspect_model(a_model(tokenizer__ggml__tokens=tokens).write(tmp_path / "m.gguf"))
    assert (found.fim_ids["pre"], found.fim_ids["suf"]) == (1, 3)


def test_too_little_memory_is_said_with_the_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = a_model().write(tmp_path / "m.gguf")
    monkeypatch.setattr(inspection, "available_bytes", lambda: 10 << 20)
    with pytest.raises(ModelUnsuitable, match="lower `n_ctx`") as raised:
        inspect_model(path)
    assert_a_sentence(raised.value)


def test_a_long_context_needs_more_memory(tmp_path: Path) -> None:
    header = read_header(bundled_model().path)
    # 8 layers, 2 KV heads of 64, keys and values, 2 bytes: 4,096 bytes a token.
    assert memory.cache_bytes(header, 1000) == 4_096_000
    assert memory.needed_bytes(header, 2000) - memory.needed_bytes(header, 1000) == 4_096_000


def test_what_a_container_may_use(tmp_path: Path) -> None:
    (tmp_path / "memory.max").write_text("1000000\n")
    (tmp_path / "memory.current").write_text("400000\n")
    assert memory._free_in_group(tmp_path) == 800_000
    (tmp_path / "memory.max").write_text("max\n")
    assert memory._free_in_group(tmp_path) is None


def test_a_file_is_not_read_beyond_its_header(tmp_path: Path) -> None:
    """A file of a gigabyte of holes, of which the header says little: read in no time."""
    path = a_model().write(tmp_path / "m.gguf")
    with path.open("r+b") as file:
        file.truncate(1 << 30)
    assert read_header(path).file_size == 1 << 30


def test_headers_have_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = a_model().write(tmp_path / "m.gguf")
    monkeypatch.setattr(gguf_reader, "MAX_HEADER_BYTES", 1000)
    with pytest.raises(ModelCorrupt, match="header is larger"):
        read_header(path)


@pytest.mark.parametrize("path", [Path("/"), Path("/does/not/exist"), Path("/dev/null")])
def test_what_is_no_file(path: Path) -> None:
    with pytest.raises(ModelCorrupt):
        read_header(path)


def test_the_table_of_types_is_llama_cpps() -> None:
    from slm_lsp.inference.native import C

    folder = Path(C.__file__).parent / "lib"
    (found,) = [p for p in folder.iterdir() if p.name in ("libggml-base.so", "libggml-base.dylib")]
    library = ctypes.CDLL(str(found))
    library.ggml_type_size.restype = ctypes.c_size_t
    library.ggml_blck_size.restype = ctypes.c_int64
    library.ggml_type_name.restype = ctypes.c_char_p
    for number, (name, n_block, n_bytes) in GGML_TYPES.items():
        assert library.ggml_type_name(number).decode().upper() == name
        assert (library.ggml_blck_size(number), library.ggml_type_size(number)) == (
            n_block,
            n_bytes,
        )


def test_llama_cpp_knows_every_architecture() -> None:
    from slm_lsp.inference.native import C

    folder = Path(C.__file__).parent / "lib"
    library = next(p for p in folder.iterdir() if p.name.startswith("libllama."))
    content = library.read_bytes()
    named = (
        architectures.SUPPORTED
        | architectures.RECURRENT
        | architectures.ENCODERS
        | architectures.DIFFUSION
    )
    # The linker lets short names share the end of longer ones.
    assert {name for name in named if f"{name}\0".encode() not in content} == set()


def test_templates_and_markers_agree() -> None:
    """Every marker of a published template is one that the checks look for."""
    from slm_prompts.template import templates

    known = {text for texts in architectures.FIM_TEXTS.values() for text in texts}
    for template in templates().values():
        for marker in (template.prefix, template.suffix, template.middle):
            assert not marker or marker.strip() in known, (template.name, marker)


def assert_a_sentence(error: ModelError) -> None:
    assert "\n" not in str(error)
    assert len(str(error)) < 500
    assert ";" in str(error) or ":" in str(error)
