"""The system calls that are refused, by what they are good for, with their numbers."""

from typing import NamedTuple


class Numbers(NamedTuple):
    """One system call on the machines that we know; None where it does not exist."""

    x86_64: int | None
    aarch64: int | None


# With these, data could leave: by a socket, or by one that another process has open. The
# socketpair call is not among them: asyncio wakes its loop with one, see `bpf`.
NETWORK = {
    "socket": Numbers(41, 198),
    "connect": Numbers(42, 203),
    "bind": Numbers(49, 200),
    "listen": Numbers(50, 201),
    "pidfd_getfd": Numbers(438, 438),
    # A ring does all of the above without a further system call.
    "io_uring_setup": Numbers(425, 425),
    "io_uring_enter": Numbers(426, 426),
    "io_uring_register": Numbers(427, 427),
}

# With these, another process of the same person could be made to do it.
OTHER_PROCESSES = {
    "ptrace": Numbers(101, 117),
    "process_vm_readv": Numbers(310, 270),
    "process_vm_writev": Numbers(311, 271),
    "process_madvise": Numbers(440, 440),
    "perf_event_open": Numbers(298, 241),
    "add_key": Numbers(248, 217),
    "request_key": Numbers(249, 218),
    "keyctl": Numbers(250, 219),
    "shmget": Numbers(29, 194),
    "msgget": Numbers(68, 186),
    "semget": Numbers(64, 190),
    "mq_open": Numbers(240, 180),
}

# A language server has no use for these, and they are where kernels break.
KERNEL = {
    "bpf": Numbers(321, 280),
    "userfaultfd": Numbers(323, 282),
    "unshare": Numbers(272, 97),
    "setns": Numbers(308, 268),
    "mount": Numbers(165, 40),
    "umount2": Numbers(166, 39),
    "pivot_root": Numbers(155, 41),
    "chroot": Numbers(161, 51),
    "open_tree": Numbers(428, 428),
    "move_mount": Numbers(429, 429),
    "fsopen": Numbers(430, 430),
    "fsconfig": Numbers(431, 431),
    "fsmount": Numbers(432, 432),
    "fspick": Numbers(433, 433),
    "mount_setattr": Numbers(442, 442),
    "name_to_handle_at": Numbers(303, 264),
    "open_by_handle_at": Numbers(304, 265),
    "init_module": Numbers(175, 105),
    "finit_module": Numbers(313, 273),
    "delete_module": Numbers(176, 106),
    "kexec_load": Numbers(246, 104),
    "kexec_file_load": Numbers(320, 294),
    "reboot": Numbers(169, 142),
    "swapon": Numbers(167, 224),
    "swapoff": Numbers(168, 225),
    "acct": Numbers(163, 89),
    "syslog": Numbers(103, 116),
    "settimeofday": Numbers(164, 170),
    "clock_settime": Numbers(227, 112),
    "adjtimex": Numbers(159, 171),
    "clock_adjtime": Numbers(305, 266),
    "sethostname": Numbers(170, 161),
    "setdomainname": Numbers(171, 162),
    "fanotify_init": Numbers(300, 262),
    "quotactl": Numbers(179, 60),
    "quotactl_fd": Numbers(443, 443),
    "vhangup": Numbers(153, 58),
    "iopl": Numbers(172, None),
    "ioperm": Numbers(173, None),
    "modify_ldt": Numbers(154, None),
}

# The worker starts nothing at all.
PROGRAMS = {
    "execve": Numbers(59, 221),
    "execveat": Numbers(322, 281),
    "fork": Numbers(57, None),
    "vfork": Numbers(58, None),
}

# Looked at more closely in `bpf`.
SOCKETPAIR = Numbers(53, 199)
CLONE = Numbers(56, 220)
CLONE3 = Numbers(435, 435)

# Used by ourselves.
SECCOMP = Numbers(317, 277)
LANDLOCK_CREATE_RULESET = Numbers(444, 444)
LANDLOCK_ADD_RULE = Numbers(445, 445)
LANDLOCK_RESTRICT_SELF = Numbers(446, 446)
