"""The server's side of one SMTP connection, with all that a faulty sink does to it."""

from __future__ import annotations

import base64
import re
import select
import socket
import struct
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from received_mail import Mail

if TYPE_CHECKING:
    from faulty_sink import FaultySink

EHLO = b"250-sink.example.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 209715200\r\n"


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


class Conversation:
    """Command by command, until either side ends it."""

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
