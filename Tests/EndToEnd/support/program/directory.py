"""A main app's account directory: checks who asks, and answers as it is told to."""

from __future__ import annotations

import base64
import contextlib
import hmac
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ports import free_port


@dataclass
class Directory:
    """Answers `{"account": …}` for the addresses it knows, null for all others."""

    secret: bytes
    accounts: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[dict[str, Any]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    misbehave: Callable[[BaseHTTPRequestHandler], bool] | None = None

    def __post_init__(self) -> None:
        directory = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                # Who asked may have been killed meanwhile.
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    directory._answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", free_port()), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/accounts"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, call: BaseHTTPRequestHandler) -> None:
        body = call.rfile.read(int(call.headers["Content-Length"]))
        if not self._is_signed(call, body):
            self.refused.append(call.path)
            call.send_error(401)
            return
        question = json.loads(body)
        self.asked.append(question)
        if self.misbehave is not None and self.misbehave(call):
            return
        reply(call, 200, {"account": self.accounts.get(question["email"])})

    def _is_signed(self, call: BaseHTTPRequestHandler, body: bytes) -> bool:
        """Standard Webhooks: HMAC-SHA-256 over id, time and body, and the time is fresh."""
        name, moment = call.headers["webhook-id"], call.headers["webhook-timestamp"]
        expected = hmac.digest(self.secret, f"{name}.{moment}.".encode() + body, "sha256")
        sent = call.headers["webhook-signature"].removeprefix("v1,")
        is_right = hmac.compare_digest(base64.b64encode(expected).decode(), sent)
        return is_right and abs(int(moment) - time.time()) < 300


def reply(call: BaseHTTPRequestHandler, status: int, value: Any) -> None:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    call.send_response(status)
    call.send_header("Content-Type", "application/json")
    call.send_header("Content-Length", str(len(data)))
    call.end_headers()
    call.wfile.write(data)
