"""The flag that llama.cpp looks at, and when it may."""

import ctypes

from slm_lsp.inference.abort import AbortFlag


def stops(flag: AbortFlag) -> bool:
    """What llama.cpp finds when it asks."""
    function = flag.function
    function.argtypes = [ctypes.c_void_p]
    return bool(function(flag.argument))


def test_raised_and_lowered():
    flag = AbortFlag()
    assert not stops(flag)
    flag.set()
    assert stops(flag) and flag.is_set()
    flag.clear()
    assert not stops(flag) and not flag.is_set()


def test_what_is_held_finishes_and_the_next_does_not_begin():
    flag = AbortFlag()
    with flag.held():
        flag.set()
        assert flag.is_set() and not stops(flag)
    assert stops(flag)


def test_a_flag_that_nobody_raised_stays_down_after_holding():
    flag = AbortFlag()
    with flag.held():
        pass
    assert not stops(flag)
