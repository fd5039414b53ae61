"""After a session nothing of the source is on the disk, and what is there is private."""

import base64
import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.editor import Editor
from tests.support.whole_session import whole_session

# Words that no model, library or log would say by itself.
CANARIES = ("zqcanaryalpha", "zqcanarybeta", "zqcanarygamma", "zqcanarydelta")


def spellings(word: str) -> Iterator[bytes]:
    """How it may lie on the disk."""
    for codec in ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le"):
        yield word.encode(codec)
    for shift in range(3):
        # The middle of its base64 is the same wherever it starts in the text.
        yield base64.b64encode(b"x" * shift + word.encode())[4:-4]


def found_in(content: bytes) -> list[str]:
    return [word for word in CANARIES if any(spelt in content for spelt in spellings(word))]


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.slow
@pytest.mark.parametrize("level", ["info", "debug"])
async def test_a_whole_session_leaves_no_source(
    tmp_path: Path, clean_environment: Path, level: str
):
    workspace, temporary, log = tmp_path / "work", tmp_path / "tmp", tmp_path / "logs" / "log.json"
    workspace.mkdir()
    temporary.mkdir()
    arguments = ("--log-level", level, "--log-file", str(log))
    env = {"TMPDIR": str(temporary)}
    async with Editor.start(*arguments, env=env, cwd=workspace) as editor:
        await whole_session(editor, workspace, CANARIES)

    assert found_in(editor.stderr.encode()) == []
    assert json.loads(log.read_text().splitlines()[0])["message"]
    written = [log, *files_below(clean_environment), *files_below(temporary)]
    # The index of the repository holds its names and signatures: it is there to be looked up, in
    # the person's own cache, readable by nobody else.
    others = [path for path in written if "index" not in path.parts]
    assert {str(path): words for path in others if (words := found_in(path.read_bytes()))} == {}
    assert [path.name for path in workspace.iterdir()] == ["other.py"]
    for path in written:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    for folder in {path.parent for path in files_below(clean_environment)}:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700, folder
    assert files_below(clean_environment), "nothing was written, so nothing was shown"
    assert files_below(temporary) == []


@pytest.mark.parametrize("word", CANARIES)
@pytest.mark.parametrize("codec", ["utf-8", "utf-16-le"])
def test_a_canary_would_be_found(word: str, codec: str):
    assert found_in(f"… {word}(x) …".encode(codec)) == [word]
    assert found_in(base64.b64encode(f"ab {word} cd".encode())) == [word]
