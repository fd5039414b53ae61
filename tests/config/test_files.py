"""Where settings are read from, and what is not read."""

import os
import threading
from pathlib import Path
from time import process_time

import pytest

from slm_lsp.config.files import find_root
from slm_lsp.config.pin import Pin, write_pin
from slm_lsp.config.toml import MAX_BYTES
from slm_lsp.errors import ConfigError
from tests.config.conftest import Places, complaints


def test_pyproject(places: Places) -> None:
    places.write(pyproject="[project]\nname='x'\n[tool.slm-lsp.completion]\nmax_line_tokens = 9")
    resolved = places.load()
    assert resolved.settings.completion.max_line_tokens == 9
    assert str(resolved.origins["completion.max_line_tokens"][0]) == "pyproject.toml:4"


def test_a_mistake_in_pyproject_has_its_place(places: Places) -> None:
    places.write(pyproject="[tool.slm-lsp]\ncompletion.enabeld = false")
    assert complaints(places.load()) == [
        "pyproject.toml:2:12: unknown key `enabeld`, did you mean `enabled`?"
    ]


def test_a_pyproject_of_others_is_none_of_our_business(places: Places) -> None:
    places.write(pyproject="[tool.other]\nx = 1")
    assert places.load().complaints == ()
    places.write(pyproject="[tool.other\n")
    assert places.load().complaints == ()


@pytest.mark.parametrize("text", ["[tool.slm-lsp]\nx =", "[tool]\nslm-lsp = 3"])
def test_a_broken_pyproject_that_names_us(text: str, places: Places) -> None:
    resolved = places.write(pyproject=text).load()
    assert len(resolved.complaints) == 1
    assert resolved.settings.model.problem is not None


def test_one_file_of_two_is_read_and_it_is_said(places: Places) -> None:
    places.write(
        repository="completion.max_line_tokens = 2",
        pyproject="[tool.slm-lsp]\ncompletion.max_line_tokens = 3",
    )
    resolved = places.load()
    assert resolved.settings.completion.max_line_tokens == 2
    assert complaints(resolved) == [
        "pyproject.toml:1:7: [tool.slm-lsp] is not read, because there is also slm-lsp.toml"
    ]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\xff\xfe", "slm-lsp.toml:1:1: the file is not UTF-8"),
        (b"# ok\n# \xff", "slm-lsp.toml:2:3: the file is not UTF-8"),
        (b"#" * (MAX_BYTES + 1), "are the most"),
        (b"x = " + b"[" * 100_000, "not something a person wrote"),
        (b"x = " + b"9" * 5_000, "not something a person wrote"),
    ],
)
def test_what_is_no_settings_file(content: bytes, says: str, places: Places) -> None:
    places.repository.write_bytes(content)
    (complaint,) = complaints(places.load())
    assert says in complaint
    assert len(complaint) < 300


@pytest.mark.parametrize(
    "content",
    [
        b"a." * 100_000 + b"a = 1",
        b"[" + b"a." * 100_000 + b"a]",
        b"a = {" * 20_000,
        b'a = "' + b"x" * (MAX_BYTES - 10) + b'"',
        b"".join(b"[t%d.x.y.z]\n" % n for n in range(15_000)),
        b"".join(b"[[t]]\n" for _ in range(40_000)),
        b"completion.disabled_globs = [" + b'"a",' * 60_000 + b"]",
    ],
    ids=lambda content: str(content[:12]),
)
def test_files_made_to_keep_us_busy(content: bytes, places: Places) -> None:
    places.repository.write_bytes(content)
    begin = process_time()  # our own work: other processes may keep the machine busy
    places.load()
    assert process_time() - begin < 10


def test_a_byte_order_mark_is_no_mistake(places: Places) -> None:
    places.repository.write_bytes(b"\xef\xbb\xbfcompletion.enabeld = 1")
    assert complaints(places.load())[0].startswith("slm-lsp.toml:1:12: unknown key")


def test_a_named_pipe_is_not_waited_for(places: Places) -> None:
    os.mkfifo(places.repository)
    found: list[str] = []
    thread = threading.Thread(target=lambda: found.extend(complaints(places.load())), daemon=True)
    thread.start()
    thread.join(10)
    assert found == ["slm-lsp.toml: this is not a regular file"]


def test_a_folder_is_no_settings_file(places: Places) -> None:
    places.repository.mkdir()
    (complaint,) = complaints(places.load())
    assert "cannot be read" in complaint or "not a regular file" in complaint


@pytest.mark.parametrize("start", ["a/b", "a", "."])
def test_the_root_is_the_nearest_mark_upwards(start: str, tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / ".git").mkdir()
    assert find_root(tmp_path / start) == tmp_path
    (tmp_path / "a" / "slm-lsp.toml").touch()
    if start != ".":
        assert find_root(tmp_path / start) == tmp_path / "a"


def test_a_pin_goes_past_a_pyproject_that_is_a_pipe(places: Places) -> None:
    os.mkfifo(places.pyproject)
    pin = Pin("team", "a" * 64, 1)
    thread = threading.Thread(target=write_pin, args=(places.root, pin), daemon=True)
    thread.start()
    thread.join(10)
    places.pyproject.unlink()
    assert places.load().settings.model.sha256 == "a" * 64


def test_a_pin_cuts_no_file_off(places: Places) -> None:
    text = "# a\n" * 100_000
    places.write(repository=text)
    with pytest.raises(ConfigError, match="larger than 256 KB"):
        write_pin(places.root, Pin("team", "a" * 64, 1))
    assert places.repository.read_text() == text


def test_no_root_is_looked_for_where_the_disk_answers_with_an_error(tmp_path: Path) -> None:
    # As a network disk does that is gone. A name that is too long can be had everywhere.
    assert find_root(tmp_path / ("x" * 300)) == tmp_path / ("x" * 300)
