"""HTTP/1.1 as plain as it gets: nothing is followed, added or interpreted."""

from __future__ import annotations

import http.client
import json
import socket
import time
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """The only value of a header; a header that came twice is a fault in every test."""
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        assert len(values) <= 1, f"{name} came {len(values)} times"
        return values[0] if values else None

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def code(self) -> str:
        """The stable code of a problem, whose shape is checked on the way."""
        assert self.header("content-type") == "application/problem+json", self
        problem = self.json()
        assert set(problem) >= {"type", "title", "status", "code", "trace_id"}, problem
        assert problem["status"] == self.status
        return problem["code"]


def send(
    address: tuple[str, int], method: str, target: str, body: bytes | str | None = None,
    headers: dict[str, str] | None = None, deadline: float = 15.0,
) -> Answer:  # fmt: skip
    """One exchange on a connection of its own."""
    connection = http.client.HTTPConnection(*address, timeout=deadline)
    try:
        has_host = any(name.lower() == "host" for name in headers or {})
        connection.putrequest(method, target, skip_host=has_host, skip_accept_encoding=True)
        for name, value in (headers or {}).items():
            connection.putheader(name, value)
        data = body.encode() if isinstance(body, str) else body
        if data is not None:
            connection.putheader("Content-Length", str(len(data)))
        connection.endheaders(data)
        response = connection.getresponse()
        return Answer(response.status, response.getheaders(), response.read())
    finally:
        connection.close()


def exchange(address: tuple[str, int], *parts: bytes, deadline: float = 15.0) -> bytes:
    """Writes raw bytes and returns all that comes back until the other side closes.

    A connection that is still open at the deadline fails the test.
    """
    with socket.create_connection(address, timeout=deadline) as connection:
        try:
            for part in parts:
                connection.sendall(part)
        except (BrokenPipeError, ConnectionResetError):
            pass  # The other side has answered early and closed; its answer is read below.
        return read_to_end(connection, deadline)


def read_to_end(connection: socket.socket, deadline: float) -> bytes:
    end = time.monotonic() + deadline
    received = b""
    while True:
        connection.settimeout(max(0.001, end - time.monotonic()))
        try:
            part = connection.recv(65536)
        except ConnectionResetError:
            return received
        except TimeoutError as error:
            raise AssertionError(f"still open after {deadline:g} s: {received!r}") from error
        if not part:
            return received
        received += part


def status_of(raw: bytes) -> int:
    """The status of the first answer in raw bytes; 0 if there is none."""
    return int(raw[9:12]) if raw.startswith(b"HTTP/1.1 ") else 0
