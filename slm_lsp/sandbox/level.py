"""What a process has given up, and who sees to it: said in the same words everywhere."""

from dataclasses import dataclass
from enum import StrEnum


class SandboxLevel(StrEnum):
    """How much of the promise does not depend on our own code being honest."""

    KERNEL = "kernel"  # the operating system refuses all three: network, programs, files
    PARTIAL = "partial"  # the operating system refuses the network, Python the rest
    GUARD = "guard"  # only Python refuses; native code in the process could go past it
    NONE = "none"  # nothing is refused

    @property
    def takes_network_away(self) -> bool:
        """What `[privacy] require_sandbox` asks for."""
        return self in (SandboxLevel.KERNEL, SandboxLevel.PARTIAL)


PYTHON = "audit hook"


@dataclass(frozen=True, slots=True)
class Sandbox:
    """Which mechanisms refuse what; an empty one refuses nothing. The strongest stands first."""

    role: str  # "server" or "worker"
    network: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    # Why it is not stronger, one clause each.
    reasons: tuple[str, ...] = ()

    @property
    def level(self) -> SandboxLevel:
        if not self.network:
            return SandboxLevel.NONE
        if self.network[0] == PYTHON:
            return SandboxLevel.GUARD
        by_kernel = all(by and by[0] != PYTHON for by in (self.programs, self.files))
        return SandboxLevel.KERNEL if by_kernel else SandboxLevel.PARTIAL

    @property
    def sentence(self) -> str:
        """For status and `doctor`."""
        programs, files = WHAT[self.role]
        mechanisms = dict.fromkeys(self.network + self.programs + self.files)
        kernel = ", ".join(name for name in mechanisms if name != PYTHON)
        because = f": {'; '.join(self.reasons)}" if self.reasons else ""
        match self.level:
            case SandboxLevel.KERNEL:
                return f"the kernel refuses the network, {programs} and {files} ({kernel})"
            case SandboxLevel.PARTIAL:
                return (
                    f"the kernel refuses the network ({kernel}), but only Python refuses "
                    f"{programs} or {files}{because}"
                )
            case SandboxLevel.GUARD:
                return (
                    "only Python itself refuses the network: a guard against mistakes, not a "
                    f"sandbox{because}"
                )
            case SandboxLevel.NONE:
                return f"nothing takes the network away from this process{because}"

    def __str__(self) -> str:
        return f"{self.level}: {self.sentence}"


WHAT = {
    "server": ("programs other than its own worker", "writing outside its own folders"),
    "worker": ("all programs", "all writing"),
}


def level_of(text: str) -> SandboxLevel:
    """The level in what `str(sandbox)` said, such as `Loaded.sandbox`."""
    try:
        return SandboxLevel(text.partition(":")[0])
    except ValueError:
        return SandboxLevel.NONE
