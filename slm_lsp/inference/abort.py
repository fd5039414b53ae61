"""The flag that stops llama.cpp in the middle of a batch."""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager


class AbortFlag:
    """llama.cpp looks at this before every node of its graph, without Python.

    A callback written in Python would need the interpreter's lock each time, also while the
    other thread has it. libc's `strlen` has the right signature and does the right thing: over
    one byte and a NUL it returns 0, "go on", until the byte is set.
    """

    def __init__(self) -> None:
        self._byte = ctypes.create_string_buffer(b"\0", 2)
        self._raised = self._held = False
        self.function = ctypes.CDLL(None).strlen
        self.argument = ctypes.cast(self._byte, ctypes.c_void_p)

    def set(self) -> None:
        # In this order: whoever lets go of the flag meanwhile looks at `_raised` afterwards.
        self._raised = True
        if not self._held:
            self._byte[0] = b"\1"

    def clear(self) -> None:
        self._raised = False
        self._byte[0] = b"\0"

    def is_set(self) -> bool:
        return self._raised

    @contextmanager
    def held(self, although_raised: bool = False) -> Iterator[None]:
        """Let what runs inside finish; a flag raised meanwhile stops what comes next.

        One raised before stops what runs inside, too, unless it has to run `although_raised`.
        """
        self._held = True
        if although_raised:
            self._byte[0] = b"\0"
        try:
            yield
        finally:
            self._held = False
            if self._raised:
                self._byte[0] = b"\1"
