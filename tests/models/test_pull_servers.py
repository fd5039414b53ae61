"""Servers that refuse, throttle and redirect; whom a pull asks at all, and who gets the token."""

import pytest

from slm_lsp.errors import ConfigError, ModelCorrupt, ModelError, ModelNotFound
from slm_lsp.models import download
from slm_lsp.models.pull import Wanted, pull
from slm_lsp.models.sources import parse_source
from slm_lsp.models.store import Store
from tests.support.hub_server import Fault, Hub
from tests.support.pulling import KEY, SOURCE, Heard, a_file, fetch, leftovers


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
    "address",
    [
        "https://a..b/m.gguf",
        "https://xn--0.com/m.gguf",
        "https://m.example:99999/m.gguf",
        "https://[::1/m.gguf",
        f"https://{'a' * 64}.example/m.gguf",
        "https://m.example/\x00.gguf",
        "https://m.example/\udce9.gguf",
        "hf:us/models/\udce9.gguf",
    ],
)
def test_what_is_no_address(address: str, store: Store) -> None:
    with pytest.raises((ConfigError, ModelError)) as raised:
        fetch(store, address)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "endpoint",
    ["https://[::1", "https://mirror:99999", "https://a..b", "https://xn--0.com", "https://\udce9"],
)
def test_a_mirror_that_is_no_address(
    endpoint: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", endpoint)
    with pytest.raises((ConfigError, ModelError)) as raised:
        fetch(store)
    assert "\n" not in str(raised.value)


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


def test_a_redirect_to_no_port_is_final(hub: Hub, store: Store) -> None:
    hub.files[KEY] = a_file()
    hub.hub_faults.append(Fault(status=302, headers=(("Location", "https://m.example:99999/"),)))
    with pytest.raises(ModelError, match="redirects to something that is no address"):
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


def test_plain_http_is_for_this_machine_only() -> None:
    with pytest.raises(ConfigError, match="https"):
        parse_source("http://example.org/model.gguf")


def test_a_mirror_is_encrypted(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
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
