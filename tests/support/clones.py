"""Small git repositories for tests."""

import os
import subprocess
from pathlib import Path

MIT = "Permission is hereby granted, free of charge, to any person obtaining a copy\n"


def make_clone(folder: Path, name: str, files: dict[str, str], licence: str = MIT) -> Path:
    """A clone of `name` ("owner/name") under `folder`, with one commit."""
    root = folder / name
    for path, text in {"LICENSE": licence, **files}.items():
        if text:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, encoding="utf-8")
    who = {"NAME": "A", "EMAIL": "a@example.com", "DATE": "2020-01-01T00:00:00Z"}
    environment = {
        "PATH": os.environ["PATH"],
        "GIT_CONFIG_GLOBAL": os.devnull,
        **{
            f"GIT_{role}_{key}": value
            for role in ("AUTHOR", "COMMITTER")
            for key, value in who.items()
        },
    }
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "all"]):
        subprocess.run(["git", *command], cwd=root, env=environment, check=True)
    return root
