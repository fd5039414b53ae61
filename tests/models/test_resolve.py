"""What is pinned is what is loaded; anything else is refused in one sentence."""

import hashlib
import os
import signal
from pathlib import Path

import pytest

from slm_lsp.errors import ModelCorrupt, ModelError, ModelMismatch, ModelNotFound, ModelUnsuitable
from slm_lsp.models import bundled_model, gc, quarantine, resolve_model
from slm_lsp.models.store import Entry, Store
from slm_lsp.settings import AdapterSettings, ModelSettings
from tests.support.gguf_files import Gguf, Tensor, a_model


@pytest.fixture
def entry(store: Store, tmp_path: Path) -> Entry:
    return store.add(a_model().write(tmp_path / "m.gguf"), "team-model")


def pinned(entry: Entry, **changes: object) -> ModelSettings:
    return ModelSettings(**{"name": entry.name, "sha256": entry.sha256, **changes})  # type: ignore[arg-type]


def refusal(settings: ModelSettings, error: type[ModelError]) -> str:
    with pytest.raises(error) as raised:
        resolve_model(settings)
    text = str(raised.value)
    assert "\n" not in text and len(text) < 600
    return text


def test_a_pinned_model(entry: Entry) -> None:
    model = resolve_model(pinned(entry, size=entry.size))
    assert (model.path, model.sha256, model.name) == (entry.path, entry.sha256, "team-model")


def test_a_model_by_name(entry: Entry) -> None:
    assert resolve_model(ModelSettings(name="team-model")).sha256 == entry.sha256


def test_the_bundled_model_may_be_pinned_by_its_hash() -> None:
    model = bundled_model()
    for name in ("bundled", model.name, "what-we-call-it"):
        settings = ModelSettings(name=name, sha256=model.sha256, size=model.size)
        assert resolve_model(settings) == model


@pytest.mark.parametrize("at", [0, 100, -1])
def test_one_flipped_byte_is_refused(at: int, entry: Entry) -> None:
    content = bytearray(entry.path.read_bytes())
    content[at] ^= 1
    entry.path.chmod(0o644)
    entry.path.write_bytes(content)
    assert "was changed on the disk" in refusal(pinned(entry), ModelMismatch)


def test_one_flipped_byte_after_it_served_once(entry: Entry) -> None:
    resolve_model(pinned(entry))
    content = bytearray(entry.path.read_bytes())
    content[-1] ^= 1
    entry.path.chmod(0o644)
    entry.path.write_bytes(content)
    assert "was changed on the disk" in refusal(pinned(entry), ModelMismatch)


def test_another_file_in_its_place(entry: Entry, tmp_path: Path) -> None:
    resolve_model(pinned(entry))
    a_model(general__name="other").write(tmp_path / "o.gguf").replace(entry.path)
    assert "was changed" in refusal(pinned(entry), ModelMismatch)


def test_a_wrong_size(entry: Entry) -> None:
    assert "bytes, and the pin says 5" in refusal(pinned(entry, size=5), ModelMismatch)
    settings = ModelSettings(sha256=bundled_model().sha256, size=5)
    assert "the pin says 5" in refusal(settings, ModelMismatch)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (ModelSettings(name="team-model", sha256="0" * 64), "`slm-lsp models add FILE`"),
        (ModelSettings(sha256="0" * 64, name="m", source="hf:a/b/c.gguf"), "models pull"),
        (ModelSettings(sha256="0" * 64, source="hf:a/b/c.gguf"), "models pull"),
        (ModelSettings(sha256="0" * 64), "another version of slm-lsp"),
        (ModelSettings(name=f"{bundled_model().name}9", sha256="0" * 64), "another version of"),
        (ModelSettings(name="nobody"), "models list"),
        (ModelSettings(path="/does/not/exist.gguf"), "exist; change `model.path`"),
        (ModelSettings(path="/"), "/ is a folder and no file; change `model.path`"),
        (ModelSettings(path="/dev/null"), "/dev/null is no regular file; change `model.path`"),
        (ModelSettings(path="~no-such-person/m.gguf"), "~no-such-person/m.gguf does not exist"),
    ],
)
def test_a_model_that_is_not_here(settings: ModelSettings, says: str) -> None:
    assert says in refusal(settings, ModelNotFound)


def test_a_path_of_the_person(tmp_path: Path) -> None:
    path = a_model().write(tmp_path / "mine.gguf")
    assert resolve_model(ModelSettings(path=str(path))).name == "mine"
    wrong = ModelSettings(path=str(path), sha256="0" * 64)
    assert "is not the pinned model" in refusal(wrong, ModelMismatch)


def test_a_damaged_file_under_a_path(tmp_path: Path) -> None:
    path = tmp_path / "mine.gguf"
    path.write_bytes(b"GGUF")
    said = refusal(ModelSettings(path=str(path)), ModelCorrupt)
    assert "only 4 bytes" in said
    assert said.endswith("get the file again, or change `model.path` in your settings")


def test_settings_that_are_wrong_load_nothing() -> None:
    assert refusal(ModelSettings(problem="slm-lsp.toml:1:1: no"), ModelMismatch).endswith("no")


def test_a_folder_in_place_of_a_model(entry: Entry) -> None:
    entry.path.unlink()
    entry.path.mkdir()
    refusal(pinned(entry), ModelError)


class TestQuarantine:
    def test_a_file_that_crashed_is_named_and_not_tried_again(self, entry: Entry) -> None:
        model = resolve_model(pinned(entry))
        said = quarantine.quarantine_after_crash(model, -signal.SIGSEGV)
        assert said is not None and "team-model" in said and "SIGSEGV" in said
        assert refusal(pinned(entry), ModelUnsuitable) == said
        assert quarantine.release(entry.sha256)
        assert resolve_model(pinned(entry)) == model

    @pytest.mark.parametrize("exit_code", [0, 1, -signal.SIGKILL, -signal.SIGTERM])
    def test_other_ends_say_nothing_about_the_file(self, exit_code: int, entry: Entry) -> None:
        model = resolve_model(pinned(entry))
        assert quarantine.quarantine_after_crash(model, exit_code) is None
        assert resolve_model(pinned(entry)) == model

    def test_another_llama_cpp_may_try(self, entry: Entry, monkeypatch: pytest.MonkeyPatch) -> None:
        quarantine.quarantine_after_crash(resolve_model(pinned(entry)), -signal.SIGABRT)
        monkeypatch.setattr(quarantine, "_llama_cpp_version", lambda: "999")
        assert resolve_model(pinned(entry)).sha256 == entry.sha256

    def test_the_bundled_model_is_never_locked_away(self) -> None:
        assert quarantine.quarantine_after_crash(bundled_model(), -signal.SIGSEGV) is None

    @pytest.mark.parametrize("note", ["", "{}", "[1]", '{"llama_cpp": 1}'])
    def test_a_damaged_note_is_no_quarantine(self, note: str, entry: Entry, machine: Path) -> None:
        folder = machine / "home" / "quarantine"
        folder.mkdir(parents=True)
        (folder / f"{entry.sha256}.json").write_text(note)
        assert resolve_model(pinned(entry)).sha256 == entry.sha256


class TestAdapter:
    def adapter(self, **changes: object) -> Gguf:
        metadata = {
            "general.type": "adapter",
            "adapter.type": "lora",
            "general.architecture": "llama",
            **{key.replace("__", "."): value for key, value in changes.items()},
        }
        # The model's matrix is 32 wide and 30 high; the rank is 4.
        return Gguf(
            metadata,
            [
                Tensor("token_embd.weight.lora_a", (32, 4), 0, bytes(4 * 32 * 4)),
                Tensor("token_embd.weight.lora_b", (4, 30), 0, bytes(4 * 4 * 30)),
            ],
        )

    def settings(self, entry: Entry, adapter: Entry, scale: float = 0.5) -> ModelSettings:
        return pinned(entry, adapter=AdapterSettings(sha256=adapter.sha256, scale=scale))

    def test_a_pinned_adapter(self, entry: Entry, store: Store, tmp_path: Path) -> None:
        file = self.adapter().write(tmp_path / "a.gguf")
        adapter = store.add(file, "ours")
        found = resolve_model(self.settings(entry, adapter)).adapter
        assert found is not None
        assert (found.path, found.sha256, found.scale) == (adapter.path, adapter.sha256, 0.5)
        assert found.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()

    def test_an_adapter_that_serves_is_in_use(
        self, entry: Entry, store: Store, tmp_path: Path
    ) -> None:
        """Pinned in one repository, it is no rubbish where another is open."""
        adapter = store.add(self.adapter().write(tmp_path / "a.gguf"), "ours")
        gc.note_use(adapter.sha256)
        os.utime(store.folder.parent / "used" / adapter.sha256, (1, 1))
        resolve_model(self.settings(entry, adapter))
        assert gc.unused(store, 1, ModelSettings()) == []

    def test_an_adapter_that_is_not_here(self, entry: Entry) -> None:
        settings = pinned(entry, adapter=AdapterSettings(sha256="0" * 64))
        assert "[model.adapter] has no `source`" in refusal(settings, ModelNotFound)
        adapter = AdapterSettings(sha256="0" * 64, source="hf:a/b/c.gguf")
        assert "models pull" in refusal(pinned(entry, adapter=adapter), ModelNotFound)

    def test_an_adapter_that_was_changed(self, entry: Entry, store: Store, tmp_path: Path) -> None:
        adapter = store.add(self.adapter().write(tmp_path / "a.gguf"), "ours")
        adapter.path.chmod(0o644)
        adapter.path.write_bytes(adapter.path.read_bytes() + b"\0")
        assert "was changed" in refusal(self.settings(entry, adapter), ModelMismatch)

    @pytest.mark.parametrize(
        ("changes", "says"),
        [
            ({"general__architecture": "qwen2"}, "made for the architecture qwen2"),
            ({"general__type": "model"}, "is not a LoRA adapter"),
            ({"adapter__type": "other"}, "is not a LoRA adapter"),
        ],
    )
    def test_an_adapter_of_another_kind(
        self, changes: dict[str, object], says: str, entry: Entry, store: Store, tmp_path: Path
    ) -> None:
        adapter = store.add(self.adapter(**changes).write(tmp_path / "a.gguf"), "ours")
        assert says in refusal(self.settings(entry, adapter), ModelUnsuitable)

    @pytest.mark.parametrize(
        "tensor",
        [
            Tensor("blk.7.attn_q.weight.lora_a", (32, 4), 0, bytes(512)),
            Tensor("output_norm.weight.lora_a", (32, 4), 0, bytes(512)),
            Tensor("output_norm.weight", (32,), 0, bytes(128)),
        ],
        ids=lambda tensor: tensor.name,
    )
    def test_an_adapter_of_another_model(
        self, tensor: Tensor, entry: Entry, store: Store, tmp_path: Path
    ) -> None:
        file = self.adapter()
        file.tensors = [tensor]
        adapter = store.add(file.write(tmp_path / "a.gguf"), "ours")
        assert "made for another model" in refusal(self.settings(entry, adapter), ModelUnsuitable)
