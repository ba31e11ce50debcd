"""A mail server that does what can go wrong with mail, and remembers what it did to which mail."""

from __future__ import annotations

import base64
import contextlib
import random
import re
import select
import socket
import struct
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from mail_server import Mail
from ports import free_port

# Everything a sink can be armed with; each is done once for each time it was armed.
ACTS = (
    "421 at greeting", "451 at RCPT", "550 at RCPT", "drop mid-DATA", "drop after the final dot",
    "hang at RCPT", "hang after the final dot", "late answer",
)  # fmt: skip
STAGES = {
    "greeting": ("421 at greeting",),
    "RCPT": ("451 at RCPT", "550 at RCPT", "hang at RCPT"),
    "DATA": ("drop mid-DATA",),
    "dot": ("drop after the final dot", "hang after the final dot", "late answer"),
}
EHLO = b"250-sink.example.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 209715200\r\n"
LATE_SECONDS = 90


@dataclass
class Receipt:
    """A mail whose final dot has arrived. Times are those of time.monotonic()."""

    mail: Mail
    data_at: float
    dot_at: float
    act: str | None
    is_answered: bool = False
    # What the sink did between the final dot and its answer, if it is why there is none.
    cause: str | None = None

    @property
    def request_id(self) -> str:
        """Read from the token: version, purpose, key id, then the id."""
        raw = base64.urlsafe_b64decode(self.mail.token)
        return str(uuid.UUID(bytes=raw[6:22]))


class FaultySink:
    """Listens until `close`. `now` is the clock its answers are late by."""

    def __init__(
        self, *, seed: int = 0, now: Callable[[], float] = time.monotonic, keep: bool = True
    ):
        self.port = free_port()
        self.now = now
        self.keep = keep
        self.receipts: list[Receipt] = []
        self.done: Counter[str] = Counter()
        self.data_times: list[float] = []
        self.connections = 0
        self.most_open = 0
        self.everything_is: str | None = None
        self._random = random.Random(seed)
        self._armed: Counter[str] = Counter()
        self._open: set[socket.socket] = set()
        self._broken: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._released = threading.Event()
        self._closed = threading.Event()
        self._drops_on_release = False
        self._listener: socket.socket | None = None
        self.start()

    # What a test does with it

    def start(self) -> None:
        if self._listener is not None:
            return
        listener = socket.create_server(("127.0.0.1", self.port), backlog=256)
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def refuse(self) -> None:
        """From now on connections are refused; those that are open break."""
        listener, self._listener = self._listener, None
        if listener is not None:
            # Closing alone would leave the port open for as long as a thread waits in accept.
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        self.break_connections()

    def break_connections(self) -> None:
        with self._lock:
            connections = list(self._open)
            self._broken |= self._open
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def arm(self, act: str, times: int = 1) -> None:
        assert act in ACTS
        with self._lock:
            if act.startswith("hang"):
                self._released.clear()
            self._armed[act] += times

    def release(self, drop: bool = False) -> None:
        """Ends all hanging: what hangs is answered now, or dropped."""
        self._drops_on_release = drop
        self._released.set()

    def disarm(self) -> None:
        with self._lock:
            self._armed.clear()
        self.release()

    def close(self) -> None:
        self._closed.set()
        self.disarm()
        self.refuse()

    @property
    def mails(self) -> list[Mail]:
        return [receipt.mail for receipt in self.kept()]

    def kept(self) -> list[Receipt]:
        with self._lock:
            return list(self.receipts)

    @property
    def open_connections(self) -> int:
        with self._lock:
            return len(self._open)

    # How it does it

    def take(self, stage: str) -> str | None:
        """The next act armed for this stage, any one if there are several."""
        with self._lock:
            if self.everything_is in STAGES[stage]:
                self.done[self.everything_is] += 1
                return self.everything_is
            acts = [act for act in STAGES[stage] if self._armed[act] > 0]
            if not acts:
                return None
            act = self._random.choice(acts)
            self._armed[act] -= 1
            self.done[act] += 1
            return act

    def wait_for_release(self, connection: socket.socket) -> bool:
        """Whether to answer; False if it is to be dropped or the other side has gone."""
        while not self._released.wait(0.02):
            if has_closed(connection):
                return False
        return not self._drops_on_release

    def wait_late(self, connection: socket.socket) -> None:
        end = self.now() + LATE_SECONDS
        while self.now() < end and not has_closed(connection) and not self._closed.wait(0.01):
            pass

    def add(self, receipt: Receipt) -> None:
        with self._lock:
            self.receipts.append(receipt)

    def has_broken(self, connection: socket.socket) -> bool:
        with self._lock:
            return connection in self._broken

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with self._lock:
                self._open.add(connection)
                self.connections += 1
                self.most_open = max(self.most_open, len(self._open))
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with contextlib.suppress(OSError):
                _Conversation(self, connection).run()
        finally:
            with self._lock:
                self._open.discard(connection)
                self._broken.discard(connection)
            connection.close()


def has_closed(connection: socket.socket) -> bool:
    """Whether the other side has closed or broken the connection."""
    try:
        if not select.select([connection], [], [], 0)[0]:
            return False
        return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def abort(connection: socket.socket) -> None:
    """Breaks a connection as a crash does, with RST and no word."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


class _Conversation:
    """One connection, command by command (RFC 5321 section 4.1.1)."""

    def __init__(self, sink: FaultySink, connection: socket.socket):
        self.sink = sink
        self.connection = connection
        self.buffer = bytearray()
        self.hello = self.sender = ""
        self.recipients: list[str] = []

    def run(self) -> None:
        if self.sink.take("greeting"):
            return self.say("421 4.3.2 not now")
        self.say("220 sink.example.test ESMTP")
        while (line := self.line()) is not None:
            if not self.obey(line):
                return None
        return None

    def obey(self, line: str) -> bool:
        """False ends the connection."""
        word = line[:4].upper()
        if word in ("EHLO", "HELO"):
            self.hello = line[5:]
            self.connection.sendall(EHLO)
        elif word == "MAIL":
            self.sender, self.recipients = path(line), []
            self.say("250 2.1.0 OK")
        elif word == "RCPT":
            return self.recipient(path(line))
        elif word == "DATA":
            return self.data()
        elif word == "QUIT":
            self.say("221 2.0.0 bye")
            return False
        else:
            self.recipients = []
            self.say("250 2.0.0 OK")
        return True

    def recipient(self, address: str) -> bool:
        act = self.sink.take("RCPT")
        if act == "hang at RCPT" and not self.sink.wait_for_release(self.connection):
            abort(self.connection)
            return False
        if act in ("451 at RCPT", "550 at RCPT"):
            self.say("451 4.7.1 later" if act[0] == "4" else "550 5.1.1 no such user")
        else:
            self.recipients.append(address)
            self.say("250 2.1.5 OK")
        return True

    def data(self) -> bool:
        if not self.recipients:
            self.say("503 5.5.1 no recipient")
            return True
        self.say("354 go on")
        data_at = time.monotonic()
        self.sink.data_times.append(data_at)
        if self.sink.take("DATA"):
            self.connection.recv(512)
            abort(self.connection)
            return False
        raw = self.message()
        return raw is not None and self.received(raw, data_at)

    def received(self, raw: bytes, data_at: float) -> bool:
        act = self.sink.take("dot")
        mail = Mail(self.sender, self.recipients, raw, self.hello)
        receipt = Receipt(mail, data_at, time.monotonic(), act)
        if self.sink.keep:
            self.sink.add(receipt)
        is_dropped = act == "drop after the final dot" or (
            act == "hang after the final dot" and not self.sink.wait_for_release(self.connection)
        )
        if is_dropped:
            receipt.cause = act
            abort(self.connection)
            return False
        if act == "late answer":
            self.sink.wait_late(self.connection)
        if has_closed(self.connection):
            if self.sink.has_broken(self.connection):
                receipt.cause = "connections refused"
            return False
        # Set first: an answer that is read must never look as if it had not been given.
        receipt.is_answered = True
        self.recipients = []
        self.say("250 2.0.0 OK")
        return True

    def say(self, reply: str) -> None:
        self.connection.sendall(reply.encode() + b"\r\n")

    def line(self) -> str | None:
        while b"\n" not in self.buffer:
            part = self.connection.recv(65536)
            if not part:
                return None
            self.buffer += part
        line, _, rest = self.buffer.partition(b"\n")
        self.buffer = rest
        return line.rstrip(b"\r").decode(errors="replace")

    def message(self) -> bytes | None:
        """All up to the final dot, with doubled dots undone; None if the connection ends first."""
        raw, self.buffer = bytearray(b"\r\n") + self.buffer, bytearray()
        seen = 0
        while (end := raw.find(b"\r\n.\r\n", seen)) < 0:
            seen = max(0, len(raw) - 4)
            part = self.connection.recv(1 << 20)
            if not part:
                return None
            raw += part
        self.buffer = raw[end + 5 :]
        return bytes(raw[2 : end + 2]).replace(b"\r\n..", b"\r\n.")


def path(line: str) -> str:
    """What stands between the angle brackets."""
    found = re.search(r"<([^>]*)>", line)
    return found[1] if found else ""
