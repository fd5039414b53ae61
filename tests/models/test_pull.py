"""Pulls against a hub on this machine that redirects, resumes, throttles, lies and hangs up."""

import hashlib
import random
import threading
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slm_lsp.errors import ModelCorrupt, ModelError, ModelMismatch, ModelNotFound
from slm_lsp.models import download
from slm_lsp.models.pull import Pulled, Wanted, pull
from slm_lsp.models.sources import parse_source
from slm_lsp.models.store import Store
from tests.support.gguf_files import Tensor, a_model
from tests.support.hub_server import Fault, Hub

KEY = "team/model/tiny.gguf"
SOURCE = "hf:team/model/tiny.gguf"


@dataclass
class Heard:
    """A reporter that writes down what it hears."""

    waits: int = 0
    n_bytes: int = 0
    starts: list[tuple[int, int | None]] = field(default_factory=list)
    retries: list[str] = field(default_factory=list)

    def waiting(self) -> None:
        self.waits += 1

    def started(self, n_done: int, n_total: int | None) -> None:
        self.starts.append((n_done, n_total))

    def advanced(self, n_bytes: int) -> None:
        self.n_bytes += n_bytes

    def retrying(self, reason: str, delay_s: float) -> None:
        self.retries.append(reason)


def a_file(seed: int = 0, n_bytes: int = 50_000) -> bytes:
    """A readable model with so much noise in it that every byte counts."""
    model = a_model()
    noise = random.Random(seed).randbytes(n_bytes // 4 * 4)
    model.tensors = [*model.tensors, Tensor("noise", (len(noise) // 4,), 0, noise)]
    return model.bytes()


def fetch(
    store: Store, source: str = SOURCE, heard: Heard | None = None, **wanted: object
) -> Pulled:
    asked = Wanted(parse_source(source), **wanted)  # type: ignore[arg-type]
    return pull(asked, store, heard or Heard(), sleep=lambda _: None)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def leftovers(store: Store) -> list[str]:
    """What lies in `partial/`, but for locks."""
    return [p.name for p in store.partial.glob("*") if p.suffix != ".lock"]


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
    ("status", "error", "says"),
    [
        (401, ModelError, "HF_TOKEN"),
        (403, ModelError, "licence"),
        (404, ModelNotFound, "check owner"),
        (410, ModelNotFound, "check owner"),
        (418, ModelError, "418"),
    ],
)
@pytest.mark.parametrize("where", ["hub", "storage"])
def test_refusals_are_final_and_say_the_cure(
    status: int, error: type[ModelError], says: str, where: str, hub: Hub, store: Store
) -> None:
    hub.files[KEY] = a_file()
    (hub.hub_faults if where == "hub" else hub.faults).append(Fault(status=status))
    with pytest.raises(error, match=says):
        fetch(store)
    assert len(hub.requests) <= 2


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503])
def test_troubles_pass(status: int, hub: Hub, store: Store) -> None:
    hub.files[KEY] = a_file()
    hub.faults.extend([Fault(status=status)] * 3)
    hub.hub_faults.extend([Fault(status=status)] * 2)
    heard = Heard()
    assert fetch(store, heard=heard).fresh
    assert heard.retries == [f"the server answered {status}"] * 5


def test_throttling_is_obeyed(hub: Hub, store: Store) -> None:
    hub.files[KEY] = a_file()
    hub.faults.extend(
        [
            Fault(status=429, headers=(("Retry-After", "7"),)),
            Fault(status=429, headers=(("Retry-After", "99999"),)),
            Fault(chunk=1000),
        ]
    )
    slept: list[float] = []
    pull(Wanted(parse_source(SOURCE)), store, Heard(), sleep=slept.append)
    assert slept == [7.0, download.MAX_DELAY_S]


def test_a_server_that_is_not_there(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(ModelError, match="the connection failed"):
        fetch(store)


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


def test_a_web_page_is_no_model(hub: Hub, store: Store) -> None:
    hub.files[KEY] = b"<html>please log in</html>" * 100
    with pytest.raises(ModelCorrupt, match="web page"):
        fetch(store)
    assert leftovers(store) == []


def test_a_compressed_answer_is_refused(hub: Hub, store: Store) -> None:
    hub.files[KEY] = a_file()
    hub.faults.append(Fault(headers=(("Content-Encoding", "gzip"),)))
    with pytest.raises(ModelError, match="compressed"):
        fetch(store)


@pytest.mark.parametrize(
    "location",
    [
        "http://example.org/model.gguf",
        "ftp://127.0.0.1/model.gguf",
        "file:///etc/passwd",
        "",
    ],
)
def test_redirects_lead_to_https_only(location: str, hub: Hub, store: Store) -> None:
    hub.files[KEY] = a_file()
    hub.faults.append(Fault(status=302, headers=(("Location", location),)))
    if location == "":  # to itself: the next answer is the file
        assert fetch(store).fresh
        return
    with pytest.raises(ModelError, match="redirects to"):
        fetch(store)


def test_a_redirect_to_no_address_is_given_up(hub: Hub, store: Store) -> None:
    hub.files[KEY] = a_file()
    hub.faults.extend([Fault(status=302, headers=(("Location", "http://[::1/x"),))] * 20)
    with pytest.raises(ModelError, match="gave up"):
        fetch(store)


def test_redirects_end(hub: Hub, store: Store) -> None:
    hub.files[KEY] = a_file()
    hub.faults.extend([Fault(status=302, headers=(("Location", ""),))] * 20)
    with pytest.raises(ModelError, match="redirects more than"):
        fetch(store)


def test_the_token_is_for_the_hub_alone(
    hub: Hub, store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.files[KEY] = a_file()
    hub.token = "hf_secret"
    with pytest.raises(ModelError, match="HF_TOKEN"):
        fetch(store)
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    fetch(store)
    assert all("authorization" not in r.headers for r in hub.storage_requests())
    assert "hf_secret" not in "".join(capsys.readouterr())


def test_the_token_is_not_for_other_sources(
    hub: Hub, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.files[KEY] = a_file()
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    fetch(store, hub.storage_address(KEY))
    assert all("authorization" not in request.headers for request in hub.requests)


def test_the_token_file(hub: Hub, store: Store, machine, monkeypatch) -> None:
    hub.files[KEY] = a_file()
    hub.token = "hf_of_the_file"
    (machine / "hf").mkdir()
    (machine / "hf" / "token").write_text("hf_of_the_file\n")
    assert fetch(store).fresh


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


def test_plain_http_is_for_this_machine_only() -> None:
    from slm_lsp.errors import ConfigError

    with pytest.raises(ConfigError, match="https"):
        parse_source("http://example.org/model.gguf")


def test_a_mirror_is_encrypted(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    from slm_lsp.errors import ConfigError

    monkeypatch.setenv("HF_ENDPOINT", "http://mirror.example.org")
    with pytest.raises(ConfigError, match="HF_ENDPOINT"):
        fetch(store)


def test_proxies_come_from_the_environment(
    hub: Hub, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hub plays the proxy: it is asked for another host's address."""
    monkeypatch.setenv("HTTP_PROXY", hub.hub_url)
    monkeypatch.setenv("NO_PROXY", "")
    with pytest.raises(ModelError):
        fetch(store, "http://localhost:1/model.gguf")
    assert [request.path for request in hub.requests] == ["http://localhost:1/model.gguf"]
