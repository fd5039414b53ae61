"""A machine for classic BPF: runs a seccomp filter over one system call, without a kernel."""

import struct
from collections.abc import Sequence

Instruction = tuple[int, int, int, int]


def run(
    program: Sequence[Instruction], architecture: int, number: int, arguments: Sequence[int] = ()
) -> int:
    """What the filter answers to a system call."""
    padded = [*arguments, *[0] * (6 - len(arguments))]
    words = struct.pack("<IIQ6Q", number, architecture, 0, *padded)
    accumulator, at = 0, 0
    while True:
        code, when_true, when_false, constant = program[at]
        at += 1
        match code:
            case 0x20:
                (accumulator,) = struct.unpack_from("<I", words, constant)
            case 0x15:
                at += when_true if accumulator == constant else when_false
            case 0x35:
                at += when_true if accumulator >= constant else when_false
            case 0x45:
                at += when_true if accumulator & constant else when_false
            case 0x06:
                return constant
            case _:
                raise AssertionError(f"unknown instruction {code:#x}")
