"""The HTTPS server below the providers' APIs: one thread a connection, and its misbehaviour."""

from __future__ import annotations

import socket
import ssl
import sys
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from provider_requests import Received
from providers import PROVIDERS, Answer, Provider

if TYPE_CHECKING:
    from provider_api import ProviderApi

# Closes once the headers are read; once all is read; or once all is read and taken.
CUT, DROP, KEEP_AND_DROP = "cut", "drop", "keep-and-drop"


@dataclass
class Hold:
    """Keeps a request without an answer until `release`, then goes on with `then`."""

    then: Answer | bytes | str | None = None
    _open: threading.Event = field(default_factory=threading.Event)
    _reached: threading.Event = field(default_factory=threading.Event)

    def release(self) -> None:
        self._open.set()

    def wait_until_reached(self, deadline: float = 15.0) -> None:
        """A whole request is waiting here."""
        assert self._reached.wait(deadline), f"no request within {deadline:g} s"

    def pass_through(self) -> Act:
        self._reached.set()
        self._open.wait()
        return self.then


# None is what the provider does by itself; bytes are written as they are, and end the connection.
Act = Answer | Hold | bytes | str | None


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, api: ProviderApi, context: ssl.SSLContext | None):
        self.api = api
        self._context = context
        super().__init__(("127.0.0.1", api.port), _Handler)

    def finish_request(self, request: socket.socket, client_address) -> None:
        """The handshake belongs to the connection's own thread; a refused one is not a fault."""
        if self._context is None:
            super().finish_request(request, client_address)
            return
        try:
            secure = self._context.wrap_socket(request, server_side=True)
        except OSError:
            return
        with secure:
            super().finish_request(secure, client_address)

    def handle_error(self, request, client_address) -> None:
        """Clients may go away at any time; all else is a mistake of this server."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            self.api.faults.append(f"the server: {error!r}")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def log_message(self, *_: object) -> None:
        pass

    def do_POST(self) -> None:
        api, path = self.server.api, urlsplit(self.path).path
        provider = next((one for one in PROVIDERS if one.path.fullmatch(path)), None)
        if provider is None:
            api.faults.append(f"no provider has {path}")
            self._write(Answer(404))
            return
        if api.next_act(provider.name, None) == CUT:
            self.close_connection = True
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers["content-length"]))
        request = Received(provider.name, self.path, headers, body)
        problem = api.judge(request, provider)
        act = api.next_act(provider.name, body)
        self._do(act, problem, request, provider)

    def _do(self, act: Act, problem: Answer | None, request: Received, provider: Provider) -> None:
        if isinstance(act, Hold):
            act = act.pass_through()
        if act == KEEP_AND_DROP and problem is None:
            self.server.api.take(request, provider)
        if act in (DROP, KEEP_AND_DROP):
            self.close_connection = True
        elif isinstance(act, bytes):
            self.wfile.write(act)
            self.close_connection = True
        elif isinstance(act, Answer):
            self._write(act)
        else:
            self._write(problem or self.server.api.take(request, provider))

    def _write(self, answer: Answer) -> None:
        self.send_response(answer.status)
        headers = dict(answer.headers)
        if answer.body is not None and "Content-Type" not in headers:
            headers["Content-Type"] = "application/json"
        if answer.status not in (204, 304):
            headers["Content-Length"] = str(len(answer.data))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.data)
