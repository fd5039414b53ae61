"""A hub on this machine: it redirects to a storage host, resumes, and fails as told."""

import hashlib
import re
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one request for a file's bytes; in order, one each."""

    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    cut_after: int | None = None  # bytes of the body, then the connection is closed
    without_length: bool = False
    shifted: int = 0  # answers a Range from another place than was asked for
    garbage: bytes | None = None  # the body instead of the file
    chunk: int | None = None  # writes in pieces of so many bytes


@dataclass(frozen=True)
class Request:
    server: str  # "hub" or "storage"
    path: str
    headers: dict[str, str]

    @property
    def begins_at(self) -> int:
        found = re.fullmatch(r"bytes=(\d+)-", self.headers.get("range", ""))
        return int(found[1]) if found else 0


@dataclass
class Hub:
    """What is on the hub now. Tests change it between, and during, requests."""

    files: dict[str, bytes] = field(default_factory=dict, repr=False)  # "owner/repo/file" → content
    etags: dict[str, str] = field(default_factory=dict)  # set one to make it differ from the hash
    commit: str = "c" * 40
    token: str | None = None  # required, when set
    announces: bool = True  # sha256 and size with the redirect, as for large files
    ranges: bool = True
    faults: deque[Fault] = field(default_factory=deque)
    hub_faults: deque[Fault] = field(default_factory=deque)
    requests: list[Request] = field(default_factory=list)
    hub_url: str = ""
    storage_url: str = ""

    def etag(self, key: str) -> str:
        return self.etags.get(key) or f'"{hashlib.sha256(self.files[key]).hexdigest()}"'

    def storage_address(self, key: str) -> str:
        return f"{self.storage_url}/{key}"

    def storage_requests(self) -> list[Request]:
        return [request for request in self.requests if request.server == "storage"]


@contextmanager
def running_hub() -> Iterator[Hub]:
    """A hub and its storage, two origins, for as long as the block lasts."""
    hub = Hub()
    servers = [_server(hub, "hub", _HubHandler), _server(hub, "storage", _StorageHandler)]
    hub.hub_url, hub.storage_url = (f"http://127.0.0.1:{s.server_address[1]}" for s in servers)
    threads = [threading.Thread(target=s.serve_forever, args=(0.01,)) for s in servers]
    for thread in threads:
        thread.start()
    try:
        yield hub
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()
        for thread in threads:
            thread.join()


def _server(hub: Hub, name: str, handler: type["_Handler"]) -> "_Server":
    bound = type(name, (handler,), {"hub": hub, "server_name": name})
    server = _Server(("127.0.0.1", 0), bound)
    return server


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # a client that hangs up is no news


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    server_name: str
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        headers = {key.lower(): value for key, value in self.headers.items()}
        self.hub.requests.append(Request(self.server_name, self.path, headers))
        try:
            self.answer(headers)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def answer(self, headers: dict[str, str]) -> None:
        raise NotImplementedError

    def plain(self, status: int, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in (("Content-Length", "0"), *headers):
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


class _HubHandler(_Handler):
    def answer(self, headers: dict[str, str]) -> None:
        hub = self.hub
        if hub.hub_faults:
            fault = hub.hub_faults.popleft()
            if fault.status is not None:
                return self.plain(fault.status, *fault.headers)
        found = re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", self.path)
        key = f"{found[1]}/{found[3]}" if found else ""
        if hub.token is not None and headers.get("authorization") != f"Bearer {hub.token}":
            return self.plain(401)
        if key not in hub.files:
            return self.plain(404)
        announced = [
            ("X-Linked-Etag", f'"{hashlib.sha256(hub.files[key]).hexdigest()}"'),
            ("X-Linked-Size", str(len(hub.files[key]))),
        ]
        self.plain(
            302,
            ("Location", hub.storage_address(key)),
            ("X-Repo-Commit", hub.commit),
            *(announced if hub.announces else ()),
        )


class _StorageHandler(_Handler):
    def answer(self, headers: dict[str, str]) -> None:
        hub, key = self.hub, self.path.lstrip("/")
        fault = hub.faults.popleft() if hub.faults else Fault()
        if fault.status is not None:
            return self.plain(fault.status, *fault.headers)
        if key not in hub.files:
            return self.plain(404)
        content = fault.garbage if fault.garbage is not None else hub.files[key]
        asked = re.fullmatch(r"bytes=(\d+)-", headers.get("range", ""))
        fresh = headers.get("if-range", hub.etag(key)) == hub.etag(key)
        begin = int(asked[1]) if asked and fresh and hub.ranges else 0
        if begin and begin >= len(content):
            return self.plain(416, ("Content-Range", f"bytes */{len(content)}"))
        at = max(0, begin + fault.shifted)
        self.send_response(206 if begin else 200)
        if begin:
            span = f"bytes {at}-{len(content) - 1}/{len(content)}"
            self.send_header("Content-Range", span)
        if not fault.without_length:
            self.send_header("Content-Length", str(len(content) - at))
        for name, value in (("ETag", hub.etag(key)), *fault.headers):
            self.send_header(name, value)
        if fault.without_length or fault.cut_after is not None:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        self._write(content[at:][: fault.cut_after], fault.chunk or len(content) or 1)

    def _write(self, body: bytes, chunk: int) -> None:
        for begin in range(0, len(body), chunk):
            self.wfile.write(body[begin : begin + chunk])
            self.wfile.flush()
