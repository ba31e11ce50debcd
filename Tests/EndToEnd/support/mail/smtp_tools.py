"""Postfix's own SMTP load tools, on loopback and with a time limit: smtp-sink, smtp-source."""

from __future__ import annotations

import os
import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from polling import eventually
from ports import free_port

SINK, SOURCE = "/usr/sbin/smtp-sink", "/usr/sbin/smtp-source"


@dataclass(frozen=True)
class Counts:
    sessions: int
    quits: int
    messages: int


@dataclass(frozen=True)
class Run:
    messages: int
    seconds: float

    @property
    def rate(self) -> float:
        """Messages a second."""
        return self.messages / self.seconds


class Sink:
    """A server that takes and forgets everything, and counts. It ends by itself after `limit` s."""

    def __init__(self, *options: str, limit: float = 600.0):
        self.port = free_port()
        self._output = os.memfd_create("smtp-sink")
        # As root it asks for the user to become; timeout(1) outlives a test that is killed.
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        self._process = subprocess.Popen(
            ["timeout", f"{limit:g}", SINK, "-c", *user, *options, f"127.0.0.1:{self.port}", "256"],
            stdin=subprocess.DEVNULL, stdout=self._output, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            eventually(self._listens, "smtp-sink")
        except BaseException:
            self.close()
            raise

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}?tls=none"

    @property
    def counts(self) -> Counts:
        """How many sessions began and ended, and how many messages came, so far."""
        lines = re.findall(r"sess=(\d+) quit=(\d+) mesg=(\d+)", self._tail())
        return Counts(*map(int, lines[-1])) if lines else Counts(0, 0, 0)

    def wait_for(self, messages: int, deadline: float = 60.0) -> Counts:
        return eventually(
            lambda: self.counts.messages >= messages and self.counts,
            f"{messages} messages in smtp-sink",
            deadline,
        )

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(10)
        os.close(self._output)

    def __enter__(self) -> Sink:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _tail(self) -> str:
        """The last it has printed: a long run prints megabytes."""
        size = os.fstat(self._output).st_size
        return os.pread(self._output, 4096, max(0, size - 4096)).decode()

    def _listens(self) -> bool:
        assert self._process.poll() is None, self._tail()
        # Asking the kernel, because a connection would be counted.
        listening = f"0100007F:{self.port:04X} 00000000:0000 0A"
        return listening in Path("/proc/net/tcp").read_text()


def send(
    port: int, messages: int, sessions: int = 1, length: int = 1000, deadline: float = 60.0,
    sender: str = "source@example.test", recipient: str = "sink@example.test",
) -> Run:  # fmt: skip
    """smtp-source: so many messages of so many bytes over as many connections at once."""
    began = time.monotonic()
    subprocess.run(
        [SOURCE, "-m", str(messages), "-s", str(sessions), "-l", str(length),
         "-f", sender, "-t", recipient, f"127.0.0.1:{port}"],
        check=True, capture_output=True, timeout=deadline,
    )  # fmt: skip
    return Run(messages, time.monotonic() - began)
