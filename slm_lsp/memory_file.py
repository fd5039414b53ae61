"""Small JSON files in which a session remembers something from one start to the next."""

import json
import os
from contextlib import suppress
from pathlib import Path


def keep(path: Path, stored: object) -> bool:
    """Write `stored` as JSON that only its owner may read, whole or not at all; False: not at all.

    A disk that is full or read-only costs what was to be remembered, and nothing else.
    """
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(stored, file)
        temporary.replace(path)
    except OSError:
        # A disk that takes no writing refuses this, too.
        with suppress(OSError):
            temporary.unlink()
        return False
    return True
