"""Mail servers that are none: whatever comes back, the mail waits and the process goes on."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterable, Iterator

import outbox_rows
import pytest
from caller import new_address
from installation import Installation
from ports import free_port


class Talker:
    """Says the same to whoever connects, without listening, until the other side has gone."""

    def __init__(self, words: Iterable[bytes]):
        self.port = free_port()
        self._words = words
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            for word in self._words:
                connection.sendall(word)


class Endless:
    """A word again and again, up to 200 MB."""

    def __init__(self, first: bytes, word: bytes):
        self._first = first
        self._word = word * (1_000_000 // len(word))

    def __iter__(self) -> Iterator[bytes]:
        yield self._first
        for _ in range(200):
            yield self._word


STRANGE = {
    "a line without end": Endless(b"220 ", b"x"),
    "a reply without end": Endless(b"220-hello\r\n", b"220-and more\r\n"),
    "an unknown code": [b"999 what\r\n"],
    "no number": [b"hello\r\n"],
    "rubbish": [bytes(range(256)) * 20],
    "nothing": [],
    "a web server": [b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"],
    "a refusal as greeting": [b"554 5.3.2 no service here\r\n"],
}


@pytest.mark.parametrize("what", STRANGE)
def test_the_mail_waits_and_goes_out_later(rekey: Installation, what: str):
    talker = Talker(STRANGE[what])
    service = rekey.serve(REKEY_MAIL_TRANSPORTS=f"smtp://127.0.0.1:{talker.port}?timeout=10s")
    before = service.memory("VmRSS")
    address = new_address()
    request_id = service.caller.accepted(address)
    row = outbox_rows.retried(rekey.database, request_id)
    assert len(row["last_error"]) <= 100
    assert service.memory() < before + 64 * 1024 * 1024
    talker.close()
    service.stop()
    rekey.serve()
    rekey.database.make_due()
    rekey.mailbox.mail_to(address)
    outbox_rows.ended(rekey.database, request_id)
