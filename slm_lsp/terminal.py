"""What commands print: any text on any terminal, and what programs read in UTF-8.

A file's name is bytes, and need not be text. Python carries those that are not as lone surrogates,
which no encoder takes.
"""

import codecs
import io
import os
import sys

NAMES_AS_THEY_ARE = "slm-lsp.names-as-they-are"


def stand_in_for_closed_streams() -> None:
    """What was started without stdin, stdout or stderr gets one that leads nowhere.

    Otherwise the next file that is opened takes its place, and what is printed goes there, or what
    is meant for stderr to stdout.
    """
    for fd, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            opened = os.open(os.devnull, os.O_RDWR)  # the lowest number that is free: this one
            setattr(sys, name, open(opened, mode, encoding="utf-8"))
            os.set_inheritable(fd, True)


def print_names_as_they_are() -> None:
    """From now on stdout takes every text: bytes of names unchanged, and `\\xe4` for characters
    that its encoding does not have."""
    codecs.register_error(NAMES_AS_THEY_ARE, _encoded)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors=NAMES_AS_THEY_ARE)


def print_no_more() -> None:
    """Drop what was printed and cannot be written, or the interpreter complains of it at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def print_utf8(text: str) -> None:
    """Print what a program reads: in UTF-8, whatever the terminal speaks."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8", "replace"))
    sys.stdout.flush()


def _encoded(error: UnicodeError) -> tuple[str | bytes, int]:
    try:
        return codecs.lookup_error("surrogateescape")(error)
    except UnicodeError:
        return codecs.lookup_error("backslashreplace")(error)
