"""Made repositories: one whose files are alike in their habits, and one that has none."""

import random
from pathlib import Path

NOUNS = (
    "order invoice parcel ticket refund coupon wallet ledger basket review seller courier "
    "voucher tariff depot pallet quote dispute payout branch address label carrier window "
    "article bundle catalog deposit engine freight gateway holiday island journey kiosk locker"
).split()
# What a class of this repository can do is always written in the same words.
HABITS = [
    f"""\
    def {verb}(self, tenant, key):
        guard_tenant(tenant, scope=Scope.{verb.upper()}_{scope})
        row = self.pool.{source}_row(key, retries=Kestrel.{limit})
        return self.wrap_envelope(row, reason="{verb}-{reason}")
"""
    for verb, scope, source, limit, reason in (
        ("load", "READ", "fetch", "PATIENT", "cached"),
        ("drop", "WRITE", "lock", "ONCE", "forced"),
        ("merge", "OWNER", "join", "TWICE", "nightly"),
        ("audit", "ADMIN", "trace", "NEVER", "quarter"),
        ("renew", "BILLING", "touch", "HOURLY", "expired"),
        ("freeze", "LEGAL", "pin", "STRICT", "hold"),
        ("split", "PLANNER", "slice", "EAGER", "overflow"),
        ("mirror", "REPLICA", "clone", "LAZY", "standby"),
        ("export", "PARTNER", "stream", "BATCHED", "monthly"),
        ("rescue", "SUPPORT", "undo", "MANUAL", "apology"),
    )
]


def habit_text(noun: str) -> str:
    """A file: four habits, and as much that is its own."""
    rng = random.Random(noun)
    own = [f"    {noun.upper()}_{rng.randrange(100)} = {rng.randrange(10**6)}\n" for _ in range(11)]
    habits = rng.sample(HABITS, 4)
    return "\n".join([f"class {noun.title()}Kestrel(Kestrel):\n{''.join(own)}", *habits])


def write_habits(root: Path) -> Path:
    """A repository whose files all say things in the same, peculiar way."""
    for noun in NOUNS:
        path = root / "kestrel" / f"{noun}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(habit_text(noun))
    (root / ".git").mkdir(exist_ok=True)
    return root


def write_noise(root: Path, seed: int = 0) -> Path:
    """A repository in which nothing follows from anything."""
    rng = random.Random(seed)

    def word() -> str:
        return "".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randint(5, 11)))

    for _ in range(50):
        lines = [f"{word()} = {word()}.{word()}({word()}, {rng.randint(0, 10**6)})"]
        lines += [f"{word()}.{word()} = {word()}[{word()}] + {word()}" for _ in range(14)]
        path = root / "noise" / f"{word()}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n")
    (root / ".git").mkdir(exist_ok=True)
    return root
