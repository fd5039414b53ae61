"""A pulled file is whole or not there, wherever a pull is interrupted and whatever is sent."""

import threading
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slm_lsp.errors import ModelCorrupt, ModelError, ModelMismatch
from slm_lsp.models import download
from slm_lsp.models.pull import Pulled
from slm_lsp.models.store import Store
from tests.support.hub_server import Fault, Hub
from tests.support.pulling import KEY, SOURCE, Heard, a_file, fetch, leftovers, sha256


def test_a_file_of_the_hub(hub: Hub, store: Store) -> None:
    hub.files[KEY] = a_file()
    pulled = fetch(store)
    assert pulled.fresh
    assert pulled.entry.path.read_bytes() == hub.files[KEY]
    assert (pulled.entry.name, pulled.entry.sha256) == ("tiny", sha256(hub.files[KEY]))
    assert str(pulled.source) == f"{SOURCE}@{hub.commit}"
    assert pulled.entry.path.stat().st_mode & 0o222 == 0
    assert leftovers(store) == []


def test_what_is_there_is_not_fetched_again(hub: Hub, store: Store) -> None:
    hub.files[KEY] = a_file()
    pin = sha256(hub.files[KEY])
    fetch(store, sha256=pin)
    hub.requests.clear()
    assert not fetch(store, sha256=pin).fresh
    assert hub.requests == []


def test_a_file_that_rotted_is_fetched_again(hub: Hub, store: Store) -> None:
    hub.files[KEY] = a_file()
    pin = sha256(hub.files[KEY])
    path = fetch(store, sha256=pin).entry.path
    path.chmod(0o644)
    path.write_bytes(b"\0" + hub.files[KEY][1:])
    assert fetch(store, sha256=pin).entry.path.read_bytes() == hub.files[KEY]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    cuts=st.lists(st.integers(0, 50_000), max_size=5),
    announces=st.booleans(),
    pinned=st.booleans(),
    ranges=st.booleans(),
)
def test_interrupted_at_any_byte_it_goes_on(
    cuts: list[int], announces: bool, pinned: bool, ranges: bool, hub: Hub, store: Store
) -> None:
    hub.files[KEY] = content = a_file()
    store.remove(sha256(content))  # of the example before
    hub.faults.clear()
    hub.announces, hub.ranges = announces, ranges
    hub.requests.clear()
    hub.faults.extend(Fault(cut_after=cut) for cut in cuts)
    entry = fetch(store, sha256=sha256(content) if pinned else None).entry
    assert entry.path.read_bytes() == content
    assert leftovers(store) == []
    if ranges:
        # Every request begins where the one before it ended: nothing was fetched twice.
        begins = [request.begins_at for request in hub.storage_requests()]
        assert [b - a for a, b in pairwise(begins)] == cuts[: len(begins) - 1]


def test_a_process_that_was_killed_goes_on_where_it_was(hub: Hub, store: Store) -> None:
    hub.files[KEY] = content = a_file()
    hub.faults.extend([Fault(cut_after=20_000)] + [Fault(status=500)] * 20)
    with pytest.raises(ModelError, match="again to go on"):
        fetch(store)
    hub.faults.clear()
    hub.requests.clear()
    assert fetch(store).entry.path.read_bytes() == content
    assert [request.begins_at for request in hub.storage_requests()] == [20_000]


def test_killed_between_the_last_byte_and_the_store(hub: Hub, store: Store) -> None:
    hub.files[KEY] = content = a_file()
    hub.faults.extend([Fault(cut_after=20_000)] + [Fault(status=500)] * 20)
    with pytest.raises(ModelError):
        fetch(store)
    hub.faults.clear()
    (part,) = store.partial.glob("*.part")
    part.write_bytes(content)
    heard = Heard()
    assert fetch(store, heard=heard).entry.sha256 == sha256(content)
    assert heard.n_bytes == 0


@pytest.mark.parametrize("announces", [True, False])
@pytest.mark.parametrize("pinned", [True, False])
def test_a_file_that_changes_while_it_is_pulled(
    announces: bool, pinned: bool, hub: Hub, store: Store
) -> None:
    old, new = a_file(1), a_file(2)
    hub.announces = announces
    hub.files[KEY] = old
    hub.faults.extend([Fault(cut_after=30_000)] + [Fault(status=503)] * 20)
    with pytest.raises(ModelError):
        fetch(store)
    hub.faults.clear()
    hub.files[KEY] = new
    entry = fetch(store, sha256=sha256(new) if pinned else None).entry
    assert entry.path.read_bytes() == new


def test_an_etag_that_stays_while_the_file_changes(hub: Hub, store: Store) -> None:
    """A storage that lies: the parts do not fit, the hash says so, and we begin again."""
    old, new = a_file(1), a_file(2)
    hub.files[KEY], hub.etags[KEY], hub.announces = old, '"same"', False
    pin = sha256(new)
    hub.faults.extend([Fault(cut_after=30_000)] + [Fault(status=503)] * 20)
    with pytest.raises(ModelError):
        fetch(store, sha256=pin)
    hub.faults.clear()
    hub.files[KEY] = new
    assert fetch(store, sha256=pin).entry.path.read_bytes() == new


@pytest.mark.parametrize("announces", [True, False])
def test_a_wrong_hash_keeps_nothing(announces: bool, hub: Hub, store: Store) -> None:
    hub.files[KEY] = a_file()
    hub.announces = announces
    with pytest.raises(ModelMismatch, match="nothing was (kept|fetched)"):
        fetch(store, sha256="0" * 64)
    assert list(store.entries()) == []
    assert leftovers(store) == []


def test_what_the_hub_announced_has_to_come(hub: Hub, store: Store) -> None:
    hub.files[KEY] = content = a_file()
    hub.faults.extend([Fault(garbage=b"\0" + content[1:])] * 2)
    with pytest.raises(ModelMismatch):
        fetch(store)
    assert leftovers(store) == []


@pytest.mark.parametrize("size", [1, 10**9])
def test_a_wrong_size_is_seen_before_the_first_byte(size: int, hub: Hub, store: Store) -> None:
    hub.files[KEY] = a_file()
    heard = Heard()
    with pytest.raises(ModelMismatch, match="nothing was fetched"):
        fetch(store, heard=heard, size=size)
    assert heard.n_bytes == 0


@pytest.mark.parametrize(
    "fault",
    [
        Fault(shifted=5),
        Fault(shifted=-5),
        Fault(headers=(("Content-Range", "bytes x"),)),
        Fault(garbage=b"short"),
    ],
    ids=str,
)
def test_a_wrong_part_is_not_glued_on(fault: Fault, hub: Hub, store: Store) -> None:
    hub.files[KEY] = content = a_file()
    hub.faults.extend([Fault(cut_after=20_000), fault])
    assert fetch(store).entry.path.read_bytes() == content


def test_without_a_length(hub: Hub, store: Store) -> None:
    hub.files[KEY] = content = a_file()
    hub.faults.append(Fault(without_length=True))
    assert fetch(store).entry.path.read_bytes() == content


def test_a_cut_without_a_length_is_noticed(hub: Hub, store: Store) -> None:
    hub.files[KEY] = a_file()
    hub.announces = False
    hub.faults.append(Fault(without_length=True, cut_after=30_000))
    with pytest.raises(ModelCorrupt):
        fetch(store)
    assert leftovers(store) == []


def test_two_pulls_at_once_give_one_file(hub: Hub, store: Store) -> None:
    hub.files[KEY] = content = a_file(n_bytes=2_000_000)
    hub.faults.append(Fault(chunk=20_000))
    heard = [Heard(), Heard(), Heard()]
    pulled: list[Pulled] = []
    threads = [
        threading.Thread(target=lambda h=h: pulled.append(fetch(store, heard=h))) for h in heard
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {p.entry.path.read_bytes() for p in pulled} == {content}
    assert sorted(p.fresh for p in pulled) == [False, False, True]
    assert sum(h.n_bytes for h in heard) == len(content)
    assert leftovers(store) == []


def test_too_little_room_is_said_first(
    hub: Hub, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.files[KEY] = a_file()
    heard = Heard()
    monkeypatch.setattr(download, "SPARE_BYTES", 2**60)
    with pytest.raises(ModelError, match="are free on the disk"):
        fetch(store, heard=heard)
    assert heard.n_bytes == 0
    assert leftovers(store) == []
