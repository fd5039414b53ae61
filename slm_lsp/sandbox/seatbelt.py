"""macOS: the kernel's own sandbox, through the C library's `sandbox_init`."""

import ctypes

from slm_lsp.sandbox.libc import NotHere

SERVER = b"(version 1)(allow default)(deny network*)"
WORKER = b"(version 1)(allow default)(deny network*)(deny process-exec*)(deny process-fork)"


def install(profile: bytes) -> str:
    """Children inherit it, so that in the worker the server's is already in force."""
    library = ctypes.CDLL(None)
    message = ctypes.c_char_p()
    try:
        answer = library.sandbox_init(profile, ctypes.c_uint64(0), ctypes.byref(message))
    except AttributeError as error:
        raise NotHere("this system has no sandbox_init") from error
    if answer != 0:
        raise NotHere(f"sandbox_init answered: {(message.value or b'').decode('utf-8', 'replace')}")
    return "Seatbelt"
