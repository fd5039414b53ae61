"""What a soak finds fault with, and what it knows for the machine's doing."""

from dataclasses import fields, replace

from benchmarks.soak_report import Key, Reference, Sample, Soak, beyond, verdict

AN_HOUR_S = 3600
NOTHING = Sample(**{field.name: 0 for field in fields(Sample)})


def an_hour(slower: float = 1.0, machine: float = 1.0, **at_last: float) -> Soak:
    """An hour at whose end all takes longer, or looks otherwise."""
    keys: list[Key] = []
    references: list[Reference] = []
    samples: list[Sample] = []
    for second in range(1, AN_HOUR_S):
        again = second > AN_HOUR_S - 600
        factor = slower * machine if again else 1.0
        ms = factor * (5 + second % 100)
        place = (second - (AN_HOUR_S - 600) if again else second, 0)
        keys.append(Key(second, place, 2 * ms, ms / 2, ms / 2))
        fixed = machine if again else 1.0
        references.append(Reference(second, 2 * fixed, fixed))
        if second % 10 == 0:
            usual = replace(NOTHING, seconds=second, server_mib=70, worker_mib=160, server_fds=24)
            at_its_end = second >= AN_HOUR_S - 620
            samples.append(replace(usual, **at_last) if at_its_end else usual)
    return Soak(AN_HOUR_S, "warm-up", samples, keys, references)


def test_the_same_keys_are_compared() -> None:
    pairs = an_hour().pairs()
    assert len(pairs) == 599
    assert all(once.place == again.place and once.at_s < again.at_s for once, again in pairs)


def test_an_even_hour() -> None:
    told = list(verdict(an_hour()))
    assert told[-1] == "within the limits"
    assert any("p95_cpu_ms" in line and line.endswith("+0.0%") for line in told)


def test_a_machine_that_gets_slower_is_not_our_doing() -> None:
    assert list(beyond(an_hour(machine=1.5))) == []


def test_it_gets_slower() -> None:
    assert list(beyond(an_hour(slower=1.05))) == []
    (fault,) = beyond(an_hour(slower=1.2))
    assert "p95" in fault


def test_memory_and_descriptors_grow() -> None:
    assert list(beyond(an_hour(server_mib=73, worker_mib=162))) == []
    memory, descriptors = beyond(an_hour(worker_mib=170, server_fds=25))
    assert "worker_mib" in memory and "server_fds" in descriptors


def test_it_was_ended_early() -> None:
    whole = an_hour()
    begun = [key for key in whole.keys if key.at_s < AN_HOUR_S / 2]
    (fault,) = beyond(replace(whole, keys=begun))
    assert "ended" in fault
