"""What people and main apps did in a run with chaos, when, and what they were answered."""

from __future__ import annotations

import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field

NEVER = float("inf")


@dataclass(frozen=True)
class Person:
    """Somebody with an account at a caller and two addresses that ask for it; where the caller has
    no directory, one address."""

    caller: str
    number: int
    addresses: tuple[str, ...]
    stored: str

    @property
    def account_id(self) -> str:
        return f"{self.caller}-{self.number}"


@dataclass
class Asked:
    """A request. `end` is when it was acknowledged, or when its mail came if nobody knows."""

    person: Person
    address: str
    start: float
    end: float = NEVER
    request_id: str | None = None
    mailed_at: list[float] = field(default_factory=list)


@dataclass
class Used:
    """A try to use a link: `status` 0 if nobody knows what came of it."""

    request_id: str
    start: float
    end: float
    status: int
    code: str | None = None


@dataclass
class Killed:
    """Links of a person revoked: those of one address, or all. `end` is the acknowledgement; none
    if nobody knows whether it happened."""

    person: Person
    kind: str
    start: float
    end: float = NEVER
    address: str | None = None


class ChaosHistory:
    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.by_id: dict[str, Asked] = {}
        self.uses: dict[str, list[Used]] = defaultdict(list)
        self.reads: dict[str, list[Used]] = defaultdict(list)
        self.kills: dict[Person, list[Killed]] = defaultdict(list)
        self.answers: Counter[str] = Counter()
        self.violations: list[str] = []
        self.lock = threading.Lock()

    def violate(self, what: str) -> None:
        with self.lock:
            self.violations.append(what)

    def answer(self, operation: str, status: int, allowed: tuple[int, ...]) -> None:
        """Counts it; 503 always may come, and no other 5xx ever."""
        with self.lock:
            self.answers[f"{operation} {status or 'none'}"] += 1
            if status not in (0, 503, *allowed):
                self.violations.append(f"{operation} was answered with {status}")

    def acknowledge(self, asked: Asked, request_id: str) -> None:
        with self.lock:
            asked.end, asked.request_id = time.monotonic(), request_id
            earlier = self.by_id.get(request_id)
            if earlier is not None:
                asked.mailed_at = earlier.mailed_at
            self.by_id[request_id] = asked

    def mailed(self, request_id: str, person: Person, at: float) -> None:
        with self.lock:
            asked = self.by_id.get(request_id)
            if asked is None:
                # Its answer was lost or is still under way.
                asked = Asked(person, "", 0, at, request_id)
                self.by_id[request_id] = asked
            asked.mailed_at.append(at)

    def used(self, use: Used) -> None:
        with self.lock:
            self.uses[use.request_id].append(use)

    def read(self, use: Used) -> None:
        with self.lock:
            self.reads[use.request_id].append(use)

    def kill(self, killed: Killed) -> Killed:
        with self.lock:
            self.kills[killed.person].append(killed)
        return killed
