"""Mutated settings files: always settings and one-line messages, soon."""

import random
import time
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slm_lsp.config.resolve import resolve
from slm_lsp.config.starter import starter_text
from slm_lsp.config.types import Layer, Source
from slm_lsp.models import bundled_model
from slm_lsp.settings import Settings
from tests.config.conftest import Places
from tests.support.fuzz import explore, mutated

MODULES = ("config/toml.py", "config/resolve.py", "config/check.py", "config/files.py")
LONGEST_S = 2.0
SEED = f"""
# a comment
completion.max_line_tokens = 5
[model]
name = "team"   # 🔑
sha256 = "{"a" * 64}"
source = "hf:owner/repo/file.gguf@main"
adapter = {{ sha256 = "{"b" * 64}", scale = 0.5 }}
sampling.temperature = 1e-1
[context]
exclude = ["vendor/", 'x']
[[tool]]
[tool."a b".c]
""".encode()
WORDS = [
    b"[model]", b"[[model]]", b"path = ", b'"""', b"'''", b"{", b"}", b"[", b"]", b".", b"=", b"\n",
    b"sha256", b"privacy", b"exclude", b"inf", b"0x", b"1979-05-27", b"\\u0000", b'source = "file:',
]  # fmt: skip


def look_at(places: Places, content: bytes) -> None:
    places.repository.write_bytes(content)
    begin = time.process_time()
    resolved = places.load()
    assert time.process_time() - begin < LONGEST_S
    assert isinstance(resolved.settings, Settings)
    for complaint in resolved.complaints:
        text = str(complaint)
        assert text.isprintable() and 10 < len(text) < 800, text
        assert text.startswith("slm-lsp.toml")
        position = complaint.position
        if position is not None:
            lines = content.decode("utf-8", "replace").split("\n")
            assert 1 <= position.line <= len(lines)
            assert 1 <= position.column <= len(lines[position.line - 1]) + 2


def test_mutations_that_follow_the_code(places: Places) -> None:
    seeds = [SEED, starter_text(bundled_model()).encode(), b""]
    n_lines = explore(lambda content: look_at(places, content), seeds, MODULES, 700, words=WORDS)
    assert n_lines > 150


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.binary(max_size=300))
def test_any_bytes(places: Places, content: bytes) -> None:
    look_at(places, content)


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text(alphabet="[]{}=\"'.,# \n\\abmodelsha256privacy🔑", max_size=120))
def test_any_text_of_the_language(places: Places, text: str) -> None:
    look_at(places, text.encode())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["slm-lsp", "model", "completion", "sha256", "adapter", "exclude"])
            | st.text(max_size=5),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(JSON)
def test_any_editor_settings(places: Places, options: object) -> None:
    resolved = places.load(options)
    for complaint in resolved.complaints:
        assert str(complaint).isprintable()


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(["model", "completion", "privacy"]), JSON, max_size=3))
def test_a_repository_never_sets_what_is_the_persons(options: dict[str, object]) -> None:
    model = resolve(
        [Layer(Source.REPOSITORY, "slm-lsp.toml", options, Path("/repo"))]
    ).settings.model
    assert (model.path, model.n_threads, model.shared_stores) == (None, None, ())


def test_mutations_are_repeatable() -> None:
    one, other = (mutated(SEED, [SEED], WORDS, random.Random(7)) for _ in range(2))
    assert one == other
