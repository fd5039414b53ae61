"""Where two texts differ, when one was made of the other by an edit at one place."""


def difference(old: bytes, new: bytes) -> tuple[int, int, int]:
    """(start, old end, new end) of the one stretch that differs."""
    limit = min(len(old), len(new))
    start = _common(old, new, limit)
    end = 0
    if start < limit:
        end = _common_end(old, new, limit - start)
    return start, len(old) - end, len(new) - end


def _common(a: bytes, b: bytes, limit: int) -> int:
    """Length of the common start, by bisection over slices: comparisons run in C."""
    low, high = 0, limit
    while low < high:
        middle = (low + high + 1) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _common_end(a: bytes, b: bytes, limit: int) -> int:
    """Length of the common end, in the same way."""
    low, high = 0, limit
    while low < high:
        middle = (low + high + 1) // 2
        if a[len(a) - middle : len(a) - low] == b[len(b) - middle : len(b) - low]:
            low = middle
        else:
            high = middle - 1
    return low
