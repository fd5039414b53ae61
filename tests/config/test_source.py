"""Settings that change while we look."""

import pytest

from slm_lsp.config.source import ConfigSource
from tests.config.conftest import Places

A, B = "a" * 64, "b" * 64


def said(source: ConfigSource) -> list[str]:
    return [str(complaint) for complaint in source.complaints]


def test_a_change_is_seen(places: Places) -> None:
    source = ConfigSource(places.root)
    assert source.reload() is False
    places.write(repository="completion.max_line_tokens = 5")
    assert source.reload() is True
    assert source.settings.completion.max_line_tokens == 5
    assert source.reload() is False
    places.repository.unlink()
    assert source.reload() is True
    assert source.settings.completion.max_line_tokens == 48


@pytest.mark.parametrize(
    "broken", ["[model", "privacy.exclude = 3", "model.sha256 = 'half of it'", "model.sha265 = 'x'"]
)
def test_a_broken_edit_keeps_the_last_good_settings_and_says_so(
    broken: str, places: Places
) -> None:
    places.write(repository=f'model.sha256 = "{A}"\nprivacy.exclude = ["x"]')
    source = ConfigSource(places.root)
    good = source.settings
    places.write(repository=broken)
    assert source.reload() is True
    assert source.settings == good
    assert len(said(source)) == 1
    assert said(source)[0].startswith("slm-lsp.toml:1:")
    assert said(source)[0].endswith("the last good settings stay in force")
    # And again: the good ones are not forgotten.
    assert source.reload() is False
    assert source.settings == good
    places.write(repository=f'model.sha256 = "{B}"')
    source.reload()
    assert source.settings.model.sha256 == B
    assert source.complaints == ()


def test_broken_from_the_start_serves_nothing(places: Places) -> None:
    source = ConfigSource(places.write(repository="[model").root)
    assert source.settings.model.problem is not None
    places.write(repository="")
    source.reload()
    assert source.settings.model.problem is None


def test_a_harmless_mistake_changes_the_rest(places: Places) -> None:
    places.write(repository="completion.max_line_tokens = 5")
    source = ConfigSource(places.root)
    places.write(repository="completion.max_line_tokens = 0\ncompletion.max_block_tokens = 7")
    source.reload()
    assert source.settings.completion.max_line_tokens == 48
    assert source.settings.completion.max_block_tokens == 7


def test_the_editor_changes_its_mind(places: Places) -> None:
    source = ConfigSource(places.root, {"completion": {"enabled": False}})
    assert source.settings.completion.enabled is False
    assert source.set_editor_options({"completion": {"enabled": True}}) is True
    assert source.settings.completion.enabled is True
    assert source.set_editor_options(None) is False


def test_a_bad_editor_setting_keeps_the_last_good_ones(places: Places) -> None:
    source = ConfigSource(places.root, {"privacy": {"exclude": ["x"]}})
    source.set_editor_options({"privacy": {"exclude": 3}})
    assert source.settings.privacy.exclude == ("x",)


def test_what_is_watched(places: Places) -> None:
    assert ConfigSource(places.root).watched == (places.user, places.repository, places.pyproject)
    assert ConfigSource().watched == (places.user,)
