"""`slm-lsp config init`: a first file, and the bundled model pinned in the one that is there."""

from pathlib import Path

import pytest

from slm_lsp.cli import main
from slm_lsp.models import bundled_model
from tests.config.conftest import Places

OLD_PIN = f'[model]\nname = "bundled"\nsha256 = "{"0" * 64}"\nsize = 7\n'
REST = '[privacy]\nexclude = ["secret/"]  # ours\n\n[completion]\nmax_line_tokens = 16\n'


@pytest.fixture(autouse=True)
def in_the_repository(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    (places.root / ".git").mkdir()
    monkeypatch.chdir(places.root)


def pins_the_bundled_model(places: Places) -> bool:
    model, resolved = bundled_model(), places.load()
    pin = resolved.settings.model
    return not resolved.complaints and (pin.name, pin.sha256, pin.size) == (
        model.name,
        model.sha256,
        model.size,
    )


def test_a_first_file(places: Places) -> None:
    assert main(["config", "init"]) == 0
    assert pins_the_bundled_model(places)


@pytest.mark.parametrize("folder", [".", "src/deep"])
def test_with_force_only_the_pin_changes(
    folder: str, places: Places, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    places.write(repository=f"# Ours.\n{OLD_PIN}\n{REST}")
    (places.root / folder).mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(places.root / folder)
    assert main(["config", "init", "--force"]) == 0
    text = places.repository.read_text()
    assert text.startswith("# Ours.\n") and text.endswith(f"\n{REST}")
    assert pins_the_bundled_model(places)
    assert "stay" in capsys.readouterr().out
    assert sorted(path.name for path in (places.root / folder).glob("*.toml")) == (
        ["slm-lsp.toml"] if folder == "." else []
    )


def test_the_settings_may_lie_in_pyproject(places: Places) -> None:
    """A second file would take their place without a word."""
    before = '[project]\nname = "us"\n\n[tool.slm-lsp.privacy]\nexclude = ["secret/"]\n'
    places.write(pyproject=before)
    assert main(["config", "init"]) == 1
    assert main(["config", "init", "--force"]) == 0
    assert places.pyproject.read_text().startswith(before)
    assert not places.repository.exists() and pins_the_bundled_model(places)


@pytest.mark.parametrize(
    ("text", "force", "says"),
    [
        (REST, [], "holds settings already; change it, or pin"),
        ("[model\n", ["--force"], "slm-lsp.toml cannot be changed: "),
    ],
)
def test_what_is_there_is_not_lost(
    text: str,
    force: list[str],
    says: str,
    places: Places,
    capsys: pytest.CaptureFixture[str],
) -> None:
    places.write(repository=text)
    assert main(["config", "init", *force]) == 1
    assert places.repository.read_text() == text
    assert says in capsys.readouterr().err


def test_a_link_to_nowhere_is_left_alone(places: Places, tmp_path: Path) -> None:
    places.repository.symlink_to(tmp_path / "nowhere")
    for force in ([], ["--force"]):
        assert main(["config", "init", *force]) == 1
        assert places.repository.is_symlink() and not (tmp_path / "nowhere").exists()
