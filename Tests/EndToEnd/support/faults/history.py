"""What happened in a run with faults: what was asked, acknowledged, seen and done, told by many
threads."""

from __future__ import annotations

import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field

OPEN = {"accepted", "sending"}
FORWARD = {
    "sent": {"expired", "consumed", "revoked"},
    "failed": {"dropped", "expired", "consumed", "revoked"},
    "dropped": set(),
    "expired": set(),
    "consumed": set(),
    "revoked": set(),
}


@dataclass
class Fault:
    """Something that was done to a process, with the messages that were leased just then."""

    kind: str
    at: float
    touched: set[str] = field(default_factory=set)
    worker: str | None = None


class History:
    """What happened, told by many threads."""

    def __init__(self) -> None:
        self.asked: set[str] = set()
        self.acknowledged: dict[str, str] = {}
        self.answers: Counter[str] = Counter()
        self.statuses: dict[str, list[str]] = defaultdict(list)
        self.faults: list[Fault] = []
        self.violations: list[str] = []
        self._lock = threading.Lock()

    def ask(self, address: str) -> None:
        with self._lock:
            self.asked.add(address)

    def acknowledge(self, request_id: str, address: str) -> None:
        with self._lock:
            if request_id in self.acknowledged:
                self.violations.append(f"I5 acknowledged twice: {request_id}")
            self.acknowledged[request_id] = address

    def count(self, answer: str) -> None:
        with self._lock:
            self.answers[answer] += 1

    def violate(self, what: str) -> None:
        with self._lock:
            self.violations.append(what)

    def add(self, kind: str, touched: set[str] = frozenset(), worker: str | None = None) -> None:
        with self._lock:
            self.faults.append(Fault(kind, time.monotonic(), set(touched), worker))

    def see_status(self, request_id: str, status: str) -> None:
        """One reader at a time for a request, so that what is seen later was later."""
        seen = self.statuses[request_id]
        if seen and seen[-1] == status:
            return
        seen.append(status)
        if len(seen) > 1 and not moves_forward(seen[-2], status):
            self.violate(f"I12 {request_id} went {' -> '.join(seen)}")


def moves_forward(before: str, after: str) -> bool:
    return before in OPEN or after in FORWARD[before]
