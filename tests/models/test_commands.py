"""`models quantize` and `models recommend`, as a person runs them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from slm_lsp.cli import main
from slm_lsp.commands.progress import progress_bar
from slm_lsp.models import bundled_model, gc
from slm_lsp.models.catalogue import catalogue
from slm_lsp.models.recommend import Forecast, Machine, Speed, forecasts
from slm_lsp.models.store import Store, own_store
from slm_lsp.settings import CompletionSettings
from tests.support.gguf_files import Gguf

GIB = 2**30


def slm_lsp(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "slm_lsp.cli", *arguments],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=dict(os.environ),
        timeout=180,
    )


@pytest.mark.model
def test_a_quantised_model_is_smaller_and_answers(machine: Path) -> None:
    original = bundled_model()
    done = slm_lsp("models", "quantize", str(original.path), "--type", "Q4_0", cwd=machine)
    assert done.returncode == 0, done.stderr
    (entry,) = own_store().entries()
    assert entry.size < 0.75 * original.size and "loses more" in done.stderr

    (machine / "user.toml").write_text(f'[model]\nname = "{entry.name}"\n')
    (machine / "area.py").write_text("def area(w, h):\n    return w * h\n\n\nx = \n")
    asked = slm_lsp("complete", "area.py:5:5", "--json", cwd=machine)
    assert asked.returncode in (0, 3), asked.stderr
    assert '"model": "slm-lsp-mini' in asked.stdout


@pytest.mark.parametrize(
    ("file", "kind", "says"),
    [
        ("nowhere.gguf", "Q4_0", "nowhere.gguf"),
        ("text.gguf", "Q4_0", "text.gguf"),
        ("x", "Q9", "Q9"),
    ],
)
def test_what_cannot_be_quantised_is_said(machine: Path, file: str, kind: str, says: str) -> None:
    (machine / "text.gguf").write_text("no model")
    done = slm_lsp("models", "quantize", file, "--type", kind, cwd=machine)
    assert done.returncode != 0 and says in done.stderr
    assert list(own_store().entries()) == []


@pytest.mark.parametrize("name", [bundled_model().name, "bundled"])
def test_the_bundled_model_is_shown_by_the_name_that_the_list_has(name: str, machine: Path) -> None:
    done = slm_lsp("models", "show", name, cwd=machine)
    assert str(bundled_model().path) in done.stdout, done.stderr


def test_a_file_of_the_person_is_neither_pinned_nor_pulled(machine: Path) -> None:
    """No command advises what another one refuses."""
    file = machine / "broken.gguf"
    file.write_bytes(b"GGUF")
    (machine / "user.toml").write_text(f'[model]\npath = "{file}"\n')
    assert f"`model.path` in your settings names: {file}" in run("models", "list", cwd=machine)
    pulled = run("models", "pull", cwd=machine)
    assert f"{file} is never pulled" in pulled and "bundled" not in pulled
    assert "change `model.path`" in run("models", "verify", cwd=machine, code=1)


def test_a_pin_without_a_source_says_at_once_how_it_is_to_be_had(machine: Path) -> None:
    (machine / "user.toml").write_text(f'[model]\nname = "foo"\nsha256 = "{"a" * 64}"\n')
    for action, code in (("list", 0), ("verify", 1), ("pull", 1)):
        said = run("models", action, cwd=machine, code=code)
        assert "has no `source`" in said and "models add FILE" in said
        assert "models pull" not in said


def run(*arguments: str, cwd: Path, code: int = 0) -> str:
    """What it says, to both outputs."""
    done = slm_lsp(*arguments, cwd=cwd)
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


def test_a_model_is_listed_once_however_many_copies_there_are(machine: Path) -> None:
    bundled = bundled_model()
    shared = Store(machine / "shared" / "models")
    shared.add(bundled.path, bundled.name)
    own_store().add(bundled.path, "ours", source="hf:us/ours")
    (machine / "other").write_bytes(b"other")
    own_store().add(machine / "other", "other")
    (machine / "user.toml").write_text(
        f'[model]\nname = "ours"\nsha256 = "{bundled.sha256}"\n'
        f'shared_stores = ["{machine / "shared"}"]\n'
    )
    first, second = json.loads(slm_lsp("models", "list", "--json", cwd=machine).stdout)
    assert (first["name"], first["also"], first["pinned"]) == ("ours", [bundled.name], True)
    assert first["where"] == f"package, store, {shared.folder}"
    assert (first["path"], first["source"]) == (str(bundled.path), "hf:us/ours")
    assert (second["name"], second["where"], second["pinned"]) == ("other", "store", False)
    lines = slm_lsp("models", "list", cwd=machine).stdout.splitlines()
    assert len(lines) == 3 and f"→  ours (also {bundled.name})  " in lines[1]


def test_what_is_listed_says_whether_it_is_an_adapter(machine: Path) -> None:
    """Editors offer models, and a file that cannot be read is one until it is to serve."""
    adapter = Gguf({"general.type": "adapter", "adapter.type": "lora"}, [])
    own_store().add(adapter.write(machine / "habits"), "habits")
    (machine / "other").write_bytes(b"other")
    own_store().add(machine / "other", "other")
    listed = json.loads(slm_lsp("models", "list", "--json", cwd=machine).stdout)
    kinds = {row["name"]: row["kind"] for row in listed}
    assert kinds == {bundled_model().name: "model", "habits": "adapter", "other": "model"}


def on(prefill: float, decode: float, free_bytes: int | None = 64 * GIB) -> list[Forecast]:
    speeds = (Speed("probe", 140_000_000, prefill, decode),)
    return forecasts(Machine(8, free_bytes, speeds), CompletionSettings())


def test_a_faster_machine_is_promised_more() -> None:
    slow = {one.model.name: one.typing_ms for one in on(400, 50)}
    fast = {one.model.name: one.typing_ms for one in on(4_000, 500)}
    assert slow.keys() == fast.keys() == {one.name for one in catalogue()}
    assert all(fast[name] == pytest.approx(slow[name] / 10) for name in slow)


def test_the_best_that_keeps_the_deadline_comes_first() -> None:
    found = on(400_000, 50_000)
    assert {one.verdict for one in found} == {"while you type"}
    assert found[0].model.parameters == max(one.parameters for one in catalogue())
    assert [one.verdict for one in on(400, 50)][0] == "on request"
    assert {one.verdict for one in on(1, 1)} == {"too slow"}


def test_what_does_not_fit_into_memory_is_not_recommended() -> None:
    verdicts = {one.model.name: one.verdict for one in on(400_000, 50_000, free_bytes=GIB)}
    assert "too large" in verdicts.values() and "while you type" in verdicts.values()


def test_what_was_measured_with_a_part_of_a_model_is_called_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def measured(progress: object) -> Machine:
        speeds = (Speed("mini", 8_000_000, 900, 90), Speed("0.5B", 89_000_000, 400, 50))
        return Machine(2, None, speeds)

    monkeypatch.setattr("slm_lsp.models.recommend.measure", measured)
    assert main(["models", "recommend"]) == 0
    out = capsys.readouterr().out
    assert "mini" in out and "part of a mini" not in out
    assert "part of a 0.5B" in out and "A part is a few layers" in out


def test_a_bar_leaves_no_empty_line_where_there_is_no_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with progress_bar("model.gguf") as bar:
        bar.started(0, 10)
        bar.advanced(10)
    assert capsys.readouterr() == ("", "")


@pytest.mark.slow
@pytest.mark.model
def test_recommend_measures_this_machine(machine: Path) -> None:
    done = slm_lsp("models", "recommend", cwd=machine)
    assert done.returncode == 0, done.stderr
    assert "tokens per second" in done.stdout
    assert all(one.name in done.stdout for one in catalogue())


def test_gc_says_what_is_gone_and_nothing_that_is_not(
    machine: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["models", "gc"]) == 0
    assert capsys.readouterr().out == "there is nothing to remove\n"
    own_store().partial.mkdir(parents=True)
    left = own_store().partial / "x.part"
    left.write_text("half")
    monkeypatch.setattr(gc, "KEEP_PARTIAL_S", -1.0)

    def refused(path: Path, missing_ok: bool = False) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", refused)
        assert main(["models", "gc"]) == 1
    said = capsys.readouterr()
    assert said.out == "" and str(left) in said.err and "may not be written" in said.err
    assert main(["models", "gc"]) == 0
    assert "removed the remains of an interrupted pull (x.part)" in capsys.readouterr().out
    assert not left.exists()


@pytest.mark.parametrize("days", ["-1", "soon", "²"])
def test_gc_takes_days_that_there_can_be(days: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["models", "gc", "--unused", days])
    assert "--unused" in capsys.readouterr().err


@pytest.mark.parametrize("option", [["--sha256", "0" * 64], ["--name", "mine"]])
def test_pulling_a_pin_takes_nothing_that_the_pin_says(
    option: list[str], machine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It was passed over without a word."""
    assert main(["models", "pull", *option]) == 1
    assert "SOURCE" in capsys.readouterr().err
