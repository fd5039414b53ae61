"""The C library gives back what is not needed: memory stays where it is after hours of typing.

glibc gives every thread that allocates an arena of its own, and moves the size from which a block
is mapped by itself up to the largest one that was ever freed. Blocks of hundreds of kilobytes,
texts and messages, then lie among small ones that stay, and what is freed between those is lost
for all but blocks that happen to fit. Fixed limits keep large blocks apart, and they go back.
"""

import ctypes
import sys

# Of mallopt, as malloc.h has them.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
# What glibc starts with, before it begins to adapt.
LARGE_BYTES = 128 * 1024
# The event loop, and those beside it: none of them allocates for long.
N_ARENAS = 2


def keep_memory_steady() -> bool:
    """Fix glibc's limits, before the first thread; False where the C library is another one."""
    if sys.platform != "linux":
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False  # musl has none, and none of these habits
    return all(
        mallopt(option, value) == 1
        for option, value in (
            (M_ARENA_MAX, N_ARENAS),
            (M_MMAP_THRESHOLD, LARGE_BYTES),
            (M_TRIM_THRESHOLD, LARGE_BYTES),
        )
    )
