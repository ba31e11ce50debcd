"""People who keep asking while everything around them fails, and somebody who looks at how their
requests fare."""

from __future__ import annotations

import http.client
import itertools
import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from faulty_sink import FaultySink
from history import History
from process_faults import Process
from service import Service

LOST = (OSError, http.client.HTTPException)


class People:
    def __init__(
        self, serving: list[Process], *, sink: FaultySink, history: History, seed: int
    ):  # fmt: skip
        self.serving = serving
        self.sink = sink
        self.history = history
        self.seed = seed
        self._ended = threading.Event()
        self._numbers = itertools.count(1)

    @contextmanager
    def asking(self, count: int) -> Iterator[None]:
        with ThreadPoolExecutor(count + 1) as pool:
            tasks = [pool.submit(self._ask, number) for number in range(count)]
            tasks.append(pool.submit(self._watch))
            try:
                yield
            finally:
                self._ended.set()
            for task in tasks:
                task.result()

    def look_at(self, request_id: str, service: Service) -> None:
        """Only ever by one thread at a time."""
        try:
            answer = service.caller.status(request_id)
        except LOST:
            return
        if answer.status == 200:
            self.history.see_status(request_id, answer.json()["status"])
        elif answer.status != 503:
            self.history.violate(f"I5 the state of {request_id} is {answer.status}")

    def _ask(self, person: int) -> None:
        chance = random.Random(f"{self.seed} {person}")
        for process in itertools.islice(itertools.cycle(self.serving), person % 2, None):
            if self._ended.wait(chance.uniform(0.05, 0.35)):
                return
            address, body = self._somebody(chance)
            self.history.ask(address)
            try:
                answer = process.service.caller.request(body.pop("email"), **body)
            except LOST:
                self.history.count("none")
                continue
            self.history.count(str(answer.status))
            if answer.status == 202:
                self.history.acknowledge(answer.json()["request_id"], address)
            elif answer.status not in (429, 503):
                self.history.violate(f"a request was answered with {answer.status}")

    def _somebody(self, chance: random.Random) -> tuple[str, dict]:
        """Where the mail has to go, and what is asked: new people, regulars, and stored addresses
        that differ from what was typed."""
        if chance.random() < 0.15:
            address = f"regular-{chance.randint(1, 8)}@example.test"
            return address, {"email": address}
        number = next(self._numbers)
        if chance.random() < 0.5:
            address = f"person-{number}@example.test"
            return address, {"email": address}
        stored = f"Stored.Person+{number}@example.test"
        account = {"id": str(number), "email": stored}
        return stored, {"email": f"typed-{number}@example.test", "account": account}

    def _watch(self) -> None:
        """Reads states of requests, again and again, and uses a link now and then."""
        chance = random.Random(self.seed)
        while not self._ended.wait(0.01):
            known = list(self.history.acknowledged)
            if not known:
                continue
            service = chance.choice(self.serving).service
            self.look_at(chance.choice(known[-60:] if chance.random() < 0.7 else known), service)
            kept = self.sink.kept()
            if kept and chance.random() < 0.05:
                self._use(chance.choice(kept[-30:]).mail.token, service)

    def _use(self, token: str, service: Service) -> None:
        try:
            answer = service.caller.consume(token)
        except LOST:
            return
        if answer.status not in (200, 409, 410, 503):
            self.history.violate(f"a link that was mailed is answered with {answer.status}")
