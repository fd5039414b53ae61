"""The flag that stops llama.cpp in the middle of a batch."""

import ctypes


class AbortFlag:
    """llama.cpp looks at this before every node of its graph, without Python.

    A callback written in Python would need the interpreter's lock each time, also while the
    other thread has it. libc's `strlen` has the right signature and does the right thing: over
    one byte and a NUL it returns 0, "go on", until the byte is set.
    """

    def __init__(self) -> None:
        self._byte = ctypes.create_string_buffer(b"\0", 2)
        self.function = ctypes.CDLL(None).strlen
        self.argument = ctypes.cast(self._byte, ctypes.c_void_p)

    def set(self) -> None:
        self._byte[0] = b"\1"

    def clear(self) -> None:
        self._byte[0] = b"\0"

    def is_set(self) -> bool:
        return self._byte[0] != b"\0"
