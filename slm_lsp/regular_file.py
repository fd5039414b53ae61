"""Opening a file that somebody else may have put there.

A repository, or an archive of one, may hold links to devices, and pipes.
"""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO


class NotRegular(OSError):
    """A folder; a device, which may never end; a pipe, which waits for somebody who writes."""


def open_regular(path: Path | str) -> BinaryIO:
    """A file to read from its beginning. Raises OSError, NotRegular where it is none."""
    _check(os.stat(path), path)  # opening alone rewinds a tape
    # Without O_NONBLOCK, opening a pipe that has taken the file's place waits for a writer.
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    try:
        _check(os.fstat(handle), path)
        return open(handle, "rb")
    except OSError:
        os.close(handle)
        raise


def _check(status: os.stat_result, path: Path | str) -> None:
    if not stat.S_ISREG(status.st_mode):
        what = "this is a folder" if stat.S_ISDIR(status.st_mode) else "this is not a regular file"
        raise NotRegular(errno.EINVAL, what, os.fspath(path))
