"""HTTP as `models pull` uses it: redirects to https only, the token for the hub only.

The one module that opens connections off this machine; only `slm-lsp models pull` imports it.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

import httpx

from slm_lsp import __version__
from slm_lsp.errors import ModelError, ModelNotFound
from slm_lsp.models import hub
from slm_lsp.models.sources import LOOPBACK

MAX_REDIRECTS = 8


class Transient(Exception):
    """Trouble that may be over at the next attempt."""

    def __init__(self, reason: str, delay_s: float | None = None) -> None:
        super().__init__(reason)
        self.delay_s = delay_s


@dataclass(frozen=True, slots=True)
class Answer:
    """What came at the end of the redirects, and what the hub said on the way."""

    response: httpx.Response
    announced_sha256: str | None = None
    announced_size: int | None = None
    commit: str | None = None

    @property
    def headers(self) -> Mapping[str, str]:
        return self.response.headers

    @property
    def status(self) -> int:
        return self.response.status_code

    def chunks(self) -> Iterator[bytes]:
        """The bytes as they arrive; larger blocks would lose the last ones before a cut."""
        with _translated():
            yield from self.response.iter_raw()


@dataclass(slots=True)
class Web:
    """A client for one file. `endpoint` is the hub's, when the file comes from there."""

    endpoint: str | None = None
    token: str | None = field(default=None, repr=False)
    _client: httpx.Client = field(default_factory=lambda: _client(), repr=False)

    def __enter__(self) -> "Web":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    @contextmanager
    def get(self, address: str, headers: Mapping[str, str]) -> Iterator[Answer]:
        """The answer: 200, 206 or 416. Raises Transient or a ModelError for all others."""
        url, said = address, dict[str, str]()
        for _ in range(MAX_REDIRECTS):
            with _translated():
                request = self._client.build_request(
                    "GET", url, headers={**headers, **self._login(url)}
                )
                response = self._client.send(request, stream=True)
            try:
                if self._is_hub(url):
                    said |= {k: v for k, v in response.headers.items() if k.startswith("x-")}
                if response.status_code not in (301, 302, 303, 307, 308):
                    _check_status(address, response)
                    yield Answer(
                        response,
                        hub.announced_sha256(said),
                        hub.announced_size(said),
                        hub.announced_commit(said),
                    )
                    return
                url = _redirected(address, url, response.headers.get("location", ""))
            finally:
                response.close()
        raise ModelError(f"{address} redirects more than {MAX_REDIRECTS} times")

    def _is_hub(self, url: str) -> bool:
        return self.endpoint is not None and _origin(url) == _origin(self.endpoint)

    def _login(self, url: str) -> dict[str, str]:
        """The token, for the hub itself and nobody that it redirects to."""
        if self.token is None or not self._is_hub(url):
            return {}
        return {"Authorization": f"Bearer {self.token}"}


def _client() -> httpx.Client:
    """Proxies and certificates come from the environment, as everywhere."""
    try:
        return httpx.Client(
            follow_redirects=False,
            timeout=httpx.Timeout(30.0, connect=20.0),
            headers={
                "User-Agent": f"slm-lsp/{__version__}",
                # A compressed answer could not be resumed, nor counted against its length.
                "Accept-Encoding": "identity",
            },
        )
    except (ValueError, ImportError, OSError) as error:
        raise ModelError(f"the proxy settings cannot be used: {error}") from error


def _redirected(address: str, url: str, location: str) -> str:
    try:
        target = urljoin(url, location)
        parts = urlsplit(target)
        host, _ = parts.hostname, parts.port  # which raises when it is no number
    except ValueError as error:
        raise ModelError(f"{address} redirects to something that is no address") from error
    # Plain http is for tests and mirrors on this machine, asked for by name.
    local = urlsplit(address).hostname in LOOPBACK and host in LOOPBACK
    if not host or not (parts.scheme == "https" or (parts.scheme == "http" and local)):
        raise ModelError(f"{address} redirects to {target[:80]}, which is not https")
    return target


def _check_status(address: str, response: httpx.Response) -> None:
    status = response.status_code
    if status in (200, 206, 416):
        if response.headers.get("content-encoding", "identity") != "identity":
            raise ModelError(f"{address} sends the file compressed, against our request")
        return
    if status in (401, 403):
        raise ModelError(
            f"{address} asks for permission ({status}): accept its licence on the hub, and put "
            "your token in HF_TOKEN"
        )
    if status in (404, 410):
        raise ModelNotFound(
            f"{address} does not exist ({status}); check owner, repository, file and revision"
        )
    if status in (408, 425, 429) or status >= 500:
        wait = response.headers.get("retry-after", "")
        delay_s = float(wait) if re.fullmatch(r"\d{1,5}", wait) else None
        raise Transient(f"the server answered {status}", delay_s)
    raise ModelError(f"{address} answered {status}")


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    # UnicodeError: a host's name that no name service takes, such as one with two dots in a row.
    except (httpx.UnsupportedProtocol, httpx.InvalidURL, UnicodeError) as error:
        raise ModelError(f"this address cannot be used: {error}") from error
    except httpx.TimeoutException as error:
        raise Transient("the server did not answer in time") from error
    except httpx.TransportError as error:
        said = str(error)[:120] or type(error).__name__
        raise Transient(f"the connection failed ({said})") from error


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    return parts.scheme, parts.hostname, port
