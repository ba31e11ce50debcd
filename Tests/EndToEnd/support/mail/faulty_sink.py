"""A mail server that does what can go wrong with mail, and remembers what it did to which mail."""

from __future__ import annotations

import contextlib
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable

from ports import free_port
from received_mail import Mail
from smtp_conversation import Conversation, Receipt, has_closed

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
LATE_SECONDS = 90


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
                Conversation(self, connection).run()
        finally:
            with self._lock:
                self._open.discard(connection)
                self._broken.discard(connection)
            connection.close()
