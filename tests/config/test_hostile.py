"""A repository that wishes us ill gains nothing: each attempt, and what it is told."""

import os
from pathlib import Path

import pytest

from slm_lsp.errors import ModelError
from slm_lsp.models import bundled_model, resolve_model
from slm_lsp.settings import ModelSettings, Settings
from tests.config.conftest import Places, complaints
from tests.support.gguf_files import a_model

A = "a" * 64
PIN = f'sha256 = "{A}"\n'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('path = "/etc/passwd"', "your own settings only"),
        ('path = "../../model.gguf"', "your own settings only"),
        ('path = "models/inside.gguf"', "your own settings only"),
        ("n_threads = 256", "your own settings only"),
        ('shared_stores = ["/mnt/evil"]', "your own settings only"),
        ('name = "other-model"', "names a model by its content"),
        ('name = "../../etc/passwd"', "letters, digits"),
        ('name = "a/b"', "letters, digits"),
        (PIN + 'source = "file:/etc/passwd"', "relative to the repository"),
        (PIN + 'source = "file:///etc/passwd"', "relative to the repository"),
        (PIN + 'source = "file:~/.ssh/id_rsa"', "relative to the repository"),
        (PIN + 'source = "file:../outside.gguf"', "inside the repository"),
        (PIN + 'source = "file:a/../../outside.gguf"', "inside the repository"),
        (PIN + 'source = "file:link.gguf"', "inside the repository"),
        (PIN + 'source = "file:linked/m.gguf"', "inside the repository"),
        (PIN + 'source = "file://server/share/m.gguf"', "files of this machine"),
        (PIN + 'source = "file:C:\\\\m.gguf"', "relative to the repository"),
        (PIN + 'source = "http://example.org/m.gguf"', "use https"),
        (PIN + 'source = "http://127.0.0.1/m.gguf"', "https: sources only"),
        (PIN + 'source = "http://localhost:8080/m.gguf"', "https: sources only"),
        (PIN + 'source = "https://user:pass@example.org/m.gguf"', "no user name or password"),
        (PIN + 'source = "ftp://example.org/m.gguf"', "is not a source"),
        (PIN + 'source = "data:,x"', "is not a source"),
        (PIN + 'source = "!rm -rf ~"', "hf:owner/repo"),
        (PIN + 'source = "hf:a/../../../b.gguf"', "hf:owner/repo"),
        (PIN + 'source = "hf:a/b/c.gguf@../../x"', "hf:owner/repo"),
        (PIN + 'source = "hf:../b/c.gguf"', "hf:owner/repo"),
        (PIN + 'command = "sh -c id"', "no command and no environment"),
        (PIN + 'env = { LD_PRELOAD = "/tmp/x.so" }', "no command and no environment"),
        (PIN + "n_ctx = 131073", "from 256 to 131072"),
        (PIN + "n_ctx = 99999999999999999999", "from 256 to 131072"),
        (PIN + "size = -1", "from 1 to"),
        (PIN + "size = 1e99", "a whole number"),
        (PIN + 'template = "' + "x" * 200 + '"', "at most 100"),
        (PIN + 'template = "../../evil"', "letters, digits"),
        (PIN + f'adapter = {{ sha256 = "{A}", source = "file:/etc/shadow" }}', "relative to"),
        (PIN + 'adapter = { source = "https://example.org/a.gguf" }', "named by its sha256"),
        (PIN + f'adapter = {{ sha256 = "{A}", scale = 1e9 }}', "from 0 to 10"),
    ],
)
def test_a_hostile_model_section(text: str, says: str, places: Places) -> None:
    outside = places.root.parent / "outside.gguf"
    outside.write_bytes(b"secret")
    (places.root / "link.gguf").symlink_to(outside)
    (places.root / "linked").symlink_to(outside.parent)
    resolved = places.write(repository=f"[model]\n{text}\n").load()
    assert any(says in complaint for complaint in complaints(resolved))
    model, default = resolved.settings.model, ModelSettings()
    # What was refused has its default; what remains names no place but a source to pull from.
    assert (model.path, model.n_threads, model.shared_stores) == (None, None, ())
    assert model.source is None or not model.source.startswith(("file:", "http:"))
    assert (model.n_ctx, model.template) == (default.n_ctx, None)
    if text.startswith(("n_threads", "shared_stores")):  # which say nothing about the model
        assert resolve_model(model).sha256 == bundled_model().sha256
        return
    with pytest.raises(ModelError):
        resolve_model(model)  # nothing is loaded in place of it


@pytest.mark.parametrize(
    "text",
    [
        "[completion]\nmax_line_tokens = 100000000",
        "[completion]\nautomatic_deadline_ms = 1e300",
        "[completion]\nautomatic_deadline_ms = inf",
        "[context]\nmax_snippets = 1000000",
        "[context]\nmax_snippet_tokens = 1000000000",
        "[context]\ndeadline_ms = 1e12",
        "[completion]\ndisabled_globs = [" + '"a",' * 2000 + "]",
        '[context]\nexclude = ["' + "*" * 201 + '"]',
        '[context]\nexclude = ["a\\u0000b"]',
        '[context]\nexclude = ["a\\nb"]',
    ],
    ids=lambda text: text[:40],
)
def test_huge_values_are_refused(text: str, places: Places) -> None:
    resolved = places.write(repository=text).load()
    assert len(resolved.complaints) == 1
    model = resolved.settings.model
    assert Settings(model=model) == resolved.settings  # all other sections have their defaults


@pytest.mark.parametrize(
    "text",
    [
        "[privacy]\nrequire_sandbox = false\nexclude = []",
        "[context]\nexclude = []\ninclude = ['/']",
        "[completion]\ndisabled_globs = []\ndisabled_languages = []",
    ],
)
def test_what_the_person_keeps_private_stays_private(text: str, places: Places) -> None:
    places.write(
        user="[privacy]\nrequire_sandbox = true\nexclude = ['notes/']\n"
        "[context]\nexclude = ['clients/']\ninclude = ['src/']\n"
        "[completion]\ndisabled_globs = ['*.key']\ndisabled_languages = ['mail']\n",
        repository=text,
    )
    mine = places.load().settings
    places.repository.unlink()
    assert mine == places.load().settings


@pytest.mark.parametrize("key", ["privacy.exclude", "context.exclude", "completion.disabled_globs"])
@pytest.mark.parametrize("pattern", ["!customers/", "!**", " !customers/", "!"])
def test_no_exclusion_is_taken_back(key: str, pattern: str, places: Places) -> None:
    places.write(user=f"{key} = ['customers/']", repository=f"{key} = ['*.sql', '{pattern}']")
    resolved = places.load()
    (complaint,) = complaints(resolved)
    assert complaint.startswith("slm-lsp.toml:1:") and "that does not begin with `!`" in complaint
    settings = resolved.settings
    for paths in (settings.privacy.exclude, settings.context.exclude):
        assert paths in ((), ("customers/",))
    assert resolved.settings.model.problem is not None  # until it is known what was meant


@pytest.mark.parametrize("target", ["/etc/passwd", "../secret.toml", "../../../../etc/hostname"])
def test_a_link_out_of_the_repository_is_not_read(target: str, places: Places) -> None:
    (places.root.parent / "secret.toml").write_text("password = 'hunter2'")
    places.repository.symlink_to(target)
    (complaint,) = complaints(places.load())
    assert "leads out of the repository" in complaint
    assert "hunter2" not in complaint and "root:" not in complaint


def test_a_loop_of_links(places: Places) -> None:
    places.repository.symlink_to("slm-lsp.toml")
    (complaint,) = complaints(places.load())
    assert complaint.startswith("slm-lsp.toml")


def test_a_link_inside_the_repository_is_fine(places: Places) -> None:
    (places.root / "conf").mkdir()
    (places.root / "conf" / "x.toml").write_text("completion.max_line_tokens = 5")
    places.repository.symlink_to("conf/x.toml")
    assert places.load().settings.completion.max_line_tokens == 5


def test_messages_carry_no_control_characters(places: Places) -> None:
    places.write(repository='"\\u001b[2J\\u202e" = 1\n[completion]\nenabled = "\\u001b]0;x\\u0007"')
    for complaint in complaints(places.load()):
        assert complaint.isprintable()


def test_a_model_with_a_wrong_hash_is_not_loaded(places: Places) -> None:
    """The repository carries the file that its pin does not name."""
    a_model().write(places.root / "m.gguf")
    places.write(repository=f'[model]\nsha256 = "{A}"\nsource = "file:m.gguf"')
    with pytest.raises(ModelError, match="not on this machine"):
        resolve_model(places.load().settings.model)


def test_the_environment_of_a_repository_is_not_read(places: Places) -> None:
    """Files that other tools obey: nothing happens."""
    for name in (".env", "sitecustomize.py", "HF_TOKEN", "config.toml"):
        (places.root / name).write_text("SLM_LSP_HOME=/tmp/evil\n")
    before = dict(os.environ)
    assert places.load().settings == Settings()
    assert dict(os.environ) == before
    assert Path.cwd() != places.root
