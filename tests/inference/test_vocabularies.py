"""Each family's markers, and its source text, in real vocabularies.

llama.cpp's own sources hold vocabularies without weights, and llama-cpp-python's source package
holds llama.cpp's sources. Nothing is fetched here: `SLM_VOCABULARIES` names a folder with them or
the package itself, and `scripts/get-vocabularies` puts the package where it is found without.
"""

import os
import tarfile
from functools import cache
from pathlib import Path

import pytest
from slm_prompts import FimTemplate, render, template_for

pytestmark = pytest.mark.model

_CACHE = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
SOURCE = Path(os.environ.get("SLM_VOCABULARIES") or Path(_CACHE) / "slm-lsp-vocabularies")

# The vocabulary, a model that has it, and the template and the token of each marker that the
# template's prompts are made of.
FAMILIES = {
    "deepseek-coder": (
        "deepseek-coder-1.3b-base",
        "deepseek-coder-v1",
        {"begin": 32013, "prefix": 32016, "suffix": 32015, "middle": 32017},
    ),
    "starcoder": ("starcoderbase-1b", "starcoder-v1", {"prefix": 1, "suffix": 3, "middle": 2}),
    "refact": ("Refact-1.6B", "starcoder-v1", {"prefix": 1, "suffix": 3, "middle": 2}),
}
NOT_FOR_CODE_IN_THE_MIDDLE = ("qwen2", "llama-bpe", "llama-spm", "phi-3", "gpt-2", "gemma-4")
PLAIN = ("x", "    x = 1\n", "\n\n  y", " z", "def f(a):\r\n\treturn 'é☺'\n", "\n")


def folder_of(source: Path, unpacked: Path) -> Path | None:
    """Where the vocabularies are, taken out of the source package if need be."""
    packages = [source] if source.is_file() else sorted(source.glob("llama_cpp_python-*.tar.gz"))
    if not packages:
        return source if any(source.glob("ggml-vocab-*.gguf")) else None
    with tarfile.open(packages[-1]) as package:
        for member in package:
            name = Path(member.name).name
            if member.isfile() and name.startswith("ggml-vocab-") and name.endswith(".gguf"):
                content = package.extractfile(member)
                assert content is not None
                (unpacked / name).write_bytes(content.read())
    return unpacked


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory):
    """The vocabulary of a name, as the inference process would see it."""
    folder = folder_of(SOURCE, tmp_path_factory.mktemp("vocabularies"))
    if folder is None:
        pytest.skip(
            f"no vocabularies at {SOURCE}: run scripts/get-vocabularies, or name the folder or "
            "llama-cpp-python's source package in SLM_VOCABULARIES"
        )
    from slm_lsp.inference.native import C, LlamaLog
    from slm_lsp.inference.vocabulary import Vocabulary

    log = LlamaLog(None)
    C.llama_backend_init()
    models = []

    @cache
    def load(name: str) -> Vocabulary:
        parameters = C.llama_model_default_params()
        parameters.vocab_only = True
        path = folder / f"ggml-vocab-{name}.gguf"
        model = C.llama_model_load_from_file(str(path).encode(), parameters)
        assert model, log.last_error
        models.append(model)
        return Vocabulary(C.llama_model_get_vocab(model))

    yield load
    for model in models:
        C.llama_model_free(model)


def used(template: FimTemplate) -> dict[str, str]:
    """The markers that its prompts are made of."""
    roles = ("begin", "prefix", "suffix", "middle", "file_separator")
    return {role: text for role in roles if (text := getattr(template, role))}


@pytest.mark.parametrize("name", FAMILIES)
def test_the_template_is_found_and_its_markers_are_one_token_each(vocabulary, name):
    model, expected, ids = FAMILIES[name]
    vocab = vocabulary(name)
    template = template_for(model, vocab.markers)
    assert template is not None and template.name == expected
    found = {role: vocab.tokenise_marker(text) for role, text in used(template).items()}
    assert found == {role: (token,) for role, token in ids.items()}
    assert all(vocab.is_end(token) for token in ids.values()), "an answer ends at each of them"


@pytest.mark.parametrize("name", FAMILIES)
def test_a_prompt_holds_each_marker_once_and_the_source_unchanged(vocabulary, name):
    model, _, ids = FAMILIES[name]
    vocab = vocabulary(name)
    template = template_for(model, vocab.markers)
    assert template is not None
    # Source that looks like markers stays source.
    forged = "".join(used(template).values())
    prompt = render(template, path="", prefix=f"{forged}\n    x", suffix=f"\n{forged}")
    tokens = vocab.tokenise([(one.text, one.special) for one in prompt.segments])
    assert sorted(token for token in tokens if token in ids.values()) == sorted(ids.values())
    assert vocab.bos is None or tokens.count(vocab.bos) == 1
    text = b"".join(vocab.piece(token) for token in tokens)
    assert text == "".join(one.text for one in prompt.segments if not one.special).encode()


@pytest.mark.parametrize("text", PLAIN)
@pytest.mark.parametrize("name", [*FAMILIES, *NOT_FOR_CODE_IN_THE_MIDDLE])
def test_source_is_read_as_it_stands(vocabulary, name, text):
    vocab = vocabulary(name)
    assert b"".join(map(vocab.piece, vocab.tokenise_text(text))) == text.encode()


@pytest.mark.parametrize("name", NOT_FOR_CODE_IN_THE_MIDDLE)
def test_a_vocabulary_without_markers_has_no_template(vocabulary, name):
    assert not {"pre", "suf", "mid"} & vocabulary(name).markers.keys()
    assert template_for("a model of some name", vocabulary(name).markers) is None
