"""One process of Rekey, `serve` or `work`: started, watched, signalled, stopped."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from caller import Caller, new_address
from http_client import Answer, send
from polling import eventually

if TYPE_CHECKING:
    from installation import Installation


class Service:
    """Ready when /readyz says so. Its log is on stderr, one JSON object a line."""

    def __init__(
        self, installation: Installation, arguments: list[str], environment: dict[str, str],
        log: Path,
    ):  # fmt: skip
        self.installation = installation
        self.arguments = arguments
        self.environment = environment
        self.log = log
        self.public = _address(environment["REKEY_LISTEN_PUBLIC"])
        self.internal = _address(environment["REKEY_LISTEN_INTERNAL"])
        self.killed = False
        self.launch()

    def launch(self) -> None:
        """Starts the same command again, appending to the same log."""
        self.killed = False
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.arguments, env=self.environment, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, cwd=self.log.parent, start_new_session=True,
            )  # fmt: skip

    # State

    @property
    def pid(self) -> int:
        assert self.process.poll() is None, f"ended with {self.process.returncode}"
        return self.process.pid

    def wait_until_ready(self, deadline: float = 30.0) -> Service:
        eventually(self._is_ready, f"{self.arguments[1]} ready", deadline)
        return self

    def _is_ready(self) -> bool:
        code = self.process.poll()
        assert code is None, f"ended with {code}:\n{self.log.read_text()[-3000:]}"
        try:
            return self.ready().status == 200
        except OSError:
            return False

    def ready(self) -> Answer:
        return send(self.internal, "GET", "/readyz")

    def alive(self) -> Answer:
        return send(self.internal, "GET", "/healthz")

    def memory(self, which: str = "VmHWM") -> int:
        """Bytes resident: the peak, or now with VmRSS."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        found = re.search(rf"^{which}:\s+(\d+) kB$", status, re.MULTILINE)
        assert found
        return int(found[1]) * 1024

    def open_files(self) -> int:
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    # Signals

    def stop(self, deadline: float = 20.0) -> None:
        """SIGTERM drains and exits 0."""
        if self.killed:
            return
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(deadline)
        self.killed = True
        assert code == 0, f"exit code {code} on SIGTERM:\n{self.log.read_text()[-3000:]}"

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)
        self.killed = True

    def hang_up(self) -> None:
        self.process.send_signal(signal.SIGHUP)

    # Conversations

    @property
    def caller(self) -> Caller:
        return self.as_caller(self.installation.key)

    def as_caller(self, key: str) -> Caller:
        return Caller(self.internal, key, self.installation.seen)

    def open_link(self, token: str, method: str = "GET", **headers: str) -> Answer:
        """What a click on the mailed link gets."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return send(self.public, method, f"/reset/verify?token={token}", headers=sent)

    # Log

    def log_lines(self) -> list[dict[str, Any]]:
        """Every line, each of which must be one JSON object; a kill may cut the last one short.

        A refused configuration is said to the operator in one plain line at the end.
        """
        lines = self.log.read_text(errors="strict").split("\n")[:-1]
        if self.process.poll() == 78 and lines[-1].startswith("rekey: "):
            lines.pop()
        return [_object(line) for line in lines]


def _object(line: str) -> dict[str, Any]:
    try:
        return json.loads(line)
    except ValueError as error:
        raise AssertionError(f"not one JSON object: {line[:400]!r}") from error


def mailed_token(service: Service, address: str | None = None, count: int = 1, **fields) -> str:
    """The token of a new request, once `count` mails have come to its address and it is marked."""
    address = address or new_address()
    request_id = service.caller.accepted(address, **fields)
    token = service.installation.mailbox.mail_to(address, count).token
    database = service.installation.database
    eventually(lambda: database.request(request_id)["sent_at"], "sent_at")
    return token


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host, int(port)
