"""A repository to check, and `slm-lsp check` in it."""

import subprocess

import pytest

from slm_lsp.cli import main

OLD = "def area(width, height):\n    return widht * height\n"
NEW = OLD + "\n\ndef room(width, height):\n    return area(height, width)\n"


def git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], check=True)


def check(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["check", *arguments])
    said = capsys.readouterr()
    return code, said.out, said.err
