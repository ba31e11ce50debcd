"""Strangers who ask at a steady rate, whatever else goes on, and how long their answers took."""

from __future__ import annotations

import http.client
import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from side import Serving

_numbers = itertools.count(1)


@dataclass
class Answers:
    """Milliseconds from when each was to be sent, so that the wait for its turn counts."""

    milliseconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    def percentile(self, percent: float) -> float:
        ordered = sorted(self.milliseconds)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]

    @property
    def refused(self) -> int:
        return sum(count for status, count in self.statuses.items() if status != 202)


@contextmanager
def strangers(serving: Serving, per_second: int, connections: int = 4) -> Iterator[Answers]:
    """Each request has an address of its own. They ask until the end of the block."""
    answers, ended = Answers(), threading.Event()
    start, interval = time.monotonic() + 0.05, connections / per_second
    threads = [
        threading.Thread(
            target=_ask,
            args=(serving, answers, ended, start + interval * n / connections, interval),
        )
        for n in range(connections)
    ]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        ended.set()
        for thread in threads:
            thread.join(60)


def _ask(
    serving: Serving, answers: Answers, ended: threading.Event, due: float, interval: float
) -> None:
    connection = _connect(serving)
    headers = {"Authorization": f"Bearer {serving.key}", "Content-Type": "application/json"}
    run = f"{time.monotonic_ns()}-{next(_numbers)}"
    for number in itertools.count():
        if ended.wait(max(0, due - time.monotonic())):
            return
        body = json.dumps({"email": f"stranger-{run}-{number}@bench.example"})
        try:
            connection.request("POST", "/reset/request", body, headers)
            answer = connection.getresponse()
            answer.read()
            answers.statuses[answer.status] += 1
        except (OSError, http.client.HTTPException):
            answers.statuses[0] += 1
            connection = _connect(serving)
        answers.milliseconds.append((time.monotonic() - due) * 1000)
        due += interval


def _connect(serving: Serving) -> http.client.HTTPConnection:
    parts = urlsplit(serving.internal)
    return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=15)
