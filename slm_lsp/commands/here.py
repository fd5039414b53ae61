"""The settings of the folder that a command is called in."""

import os
import sys
from pathlib import Path

from slm_lsp.config.files import find_root
from slm_lsp.config.source import load
from slm_lsp.config.types import Resolved


def root_here() -> Path:
    return find_root(Path.cwd())


def checkout_here() -> Path:
    """The whole checkout, also where a part of it has settings of its own."""
    here = Path.cwd()
    folders = (folder for folder in (here, *here.parents) if os.path.exists(folder / ".git"))
    return next(folders, root_here())


def settings_here() -> Resolved:
    """What is true here; complaints go to the error output."""
    resolved = load(root_here())
    for complaint in resolved.complaints:
        print(complaint, file=sys.stderr)
    return resolved
