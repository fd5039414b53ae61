"""Mutated GGUF files: always an answer or one sentence, soon, in little memory."""

import resource
import struct
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slm_lsp.errors import ModelError
from slm_lsp.models import bundled_model
from slm_lsp.models.inspect import inspect_model
from tests.support.fuzz import explore
from tests.support.gguf_files import a_model

MODULES = tuple(
    f"models/{name}.py" for name in ("gguf", "gguf_reader", "inspect", "memory", "architectures")
)
MODEL = a_model().bytes()
LONGEST_S = 2.0
# Of the whole test process, which holds pytest and hypothesis as well.
MOST_KIB = 1 << 20


def look_at(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    begin = time.process_time()
    try:
        inspect_model(path)
    except ModelError as error:
        assert str(error).strip() and "\n" not in str(error) and len(str(error)) < 1000
    assert time.process_time() - begin < LONGEST_S


def test_mutations_that_follow_the_code(tmp_path: Path) -> None:
    seeds = [MODEL, a_model(general__alignment=64).bytes(), a_model(general__type="x").bytes()]
    words = [b"GGUF", b"general.alignment", b"\x08\0\0\0", b"\x09\0\0\0\x08\0\0\0", b"mamba"]
    n_lines = explore(
        lambda content: look_at(tmp_path / "m.gguf", content), seeds, MODULES, 600, words=words
    )
    assert n_lines > 150  # most of what these modules can do


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_numbers_replaced_anywhere(tmp_path: Path, data: st.DataObject) -> None:
    content = bytearray(MODEL)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 8))
        size = data.draw(st.sampled_from((1, 4, 8)))
        number = data.draw(st.integers(0, 256**size - 1))
        content[at : at + size] = number.to_bytes(size, "little")
    look_at(tmp_path / "m.gguf", bytes(content))


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(0, len(MODEL)))
def test_cut_anywhere(tmp_path: Path, n_bytes: int) -> None:
    look_at(tmp_path / "m.gguf", MODEL[:n_bytes])
    if n_bytes < len(MODEL) - 32:  # the padding at the end may be missing
        with pytest.raises(ModelError):
            inspect_model(tmp_path / "m.gguf")


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(at=st.integers(0, 600_000), number=st.integers(0, 2**64 - 1))
def test_the_bundled_model_with_a_wrong_number(tmp_path: Path, at: int, number: int) -> None:
    content = bytearray(bundled_model().path.read_bytes())
    content[at : at + 8] = number.to_bytes(8, "little")
    look_at(tmp_path / "m.gguf", bytes(content))


@pytest.mark.parametrize("n_strings", [4_000_000, 4_000_001, 2**40])
def test_claims_cost_little(n_strings: int, tmp_path: Path) -> None:
    """A file of a gigabyte of holes that announces millions of empty strings."""
    path = tmp_path / "m.gguf"
    array = struct.pack("<QcIIQ", 1, b"k", 9, 8, n_strings)
    path.write_bytes(MODEL[:24] + array)
    with path.open("r+b") as file:
        file.truncate(1 << 30)
    begin = time.process_time()
    with pytest.raises(ModelError):
        inspect_model(path)
    assert time.process_time() - begin < 4 * LONGEST_S
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < MOST_KIB
