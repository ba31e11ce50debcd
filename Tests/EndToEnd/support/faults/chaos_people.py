"""People of three callers who ask, use, withdraw and report, at all replicas, while these fail."""

from __future__ import annotations

import http.client
import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from chaos_history import Asked, ChaosHistory, Killed, Person, Used
from faulty_sink import FaultySink
from process_faults import Process
from service import Service

LOST = (OSError, http.client.HTTPException)
USED = (200, 404, 409, 410)


class ChaosPeople:
    """`keys` of the callers: shop knows its accounts, club has a directory, news has none."""

    def __init__(
        self, serving: list[Process], keys: dict[str, str], sink: FaultySink,
        history: ChaosHistory, *, people: int, seed: int,
    ):  # fmt: skip
        self.serving = serving
        self.keys = keys
        self.sink = sink
        self.history = history
        self.seed = seed
        self.people = [_person(caller, n) for caller in keys for n in range(people)]
        self.tokens: dict[str, str] = {}
        self._by_stored = {person.stored: person for person in self.people}
        self._of_person: dict[Person, list[str]] = {person: [] for person in self.people}
        self._completed: set[str] = set()
        self._next = 0
        self._new_mail = threading.Condition()
        self._ended = threading.Event()

    @contextmanager
    def at_work(self, *, askers: int, users: int) -> Iterator[None]:
        with ThreadPoolExecutor(askers + users + 1) as pool, ThreadPoolExecutor(users * 2) as pairs:
            self._pairs = pairs
            tasks = [pool.submit(self._read_mail)]
            tasks += [
                pool.submit(self._ask, random.Random(f"{self.seed} ask {n}")) for n in range(askers)
            ]
            tasks += [
                pool.submit(self._use, random.Random(f"{self.seed} use {n}")) for n in range(users)
            ]
            try:
                yield
            finally:
                self._ended.set()
            for task in tasks:
                task.result()

    # Mail

    def _read_mail(self) -> None:
        while not self._ended.wait(0.02):
            self.take_mail()

    def take_mail(self) -> None:
        """Notes what has come since the last time."""
        kept = self.sink.kept()
        for receipt in kept[self._next :]:
            if "was changed" in receipt.mail.message["Subject"]:
                continue
            person = self._by_stored[receipt.mail.recipients[0]]
            request_id, token = receipt.request_id, receipt.mail.token
            self.history.mailed(request_id, person, receipt.data_at)
            if self.tokens.setdefault(request_id, token) != token:
                self.history.violate(f"I6 {request_id} has mails with several links")
            with self._new_mail:
                self._of_person[person].append(request_id)
                self._new_mail.notify_all()
        self._next = len(kept)

    # What they do

    def _ask(self, chance: random.Random) -> None:
        while not self._ended.wait(chance.uniform(0.02, 0.3)):
            person = chance.choice(self.people)
            for _ in range(chance.choice((1, 1, 2, 3))):
                self.ask(person, chance.choice(person.addresses), chance)

    def ask(self, person: Person, address: str, chance: random.Random) -> None:
        known = {"id": person.account_id, "email": person.stored}
        fields = {"account": known} if person.caller == "shop" else {}
        asked = Asked(person, address, time.monotonic())
        try:
            answer = self._app(person, chance).request(address, **fields)
        except LOST:
            return self.history.answer("request", 0, ())
        self.history.answer("request", answer.status, (202,))
        if answer.status == 202:
            self.history.acknowledge(asked, answer.json()["request_id"])
        return None

    def _use(self, chance: random.Random) -> None:
        while not self._ended.is_set():
            person = chance.choice(self.people)
            with self._new_mail:
                links = list(self._of_person[person])
            if not links:
                self._ended.wait(0.01)
                continue
            links = links[-6:]
            chance.shuffle(links)
            self._act(person, links, chance)

    def _act(self, person: Person, links: list[str], chance: random.Random) -> None:
        link, other = links[0], links[-1]
        match chance.randrange(10):
            case 0:
                self._at_once(lambda: self.consume(person, link, chance),
                              lambda: self.consume(person, link, chance))  # fmt: skip
            case 1 | 2:
                self._at_once(lambda: self.consume(person, link, chance),
                              lambda: self.consume(person, other, chance))  # fmt: skip
            case 3:
                self._at_once(lambda: self.consume(person, link, chance),
                              lambda: self.invalidate(person, chance))  # fmt: skip
                self.consume(person, other, chance)
            case 4:
                self.invalidate(person, chance)
                self._try_all(person, links, chance)
            case 5:
                self._at_once(lambda: self.complete(person, link, chance),
                              lambda: self.consume(person, other, chance))  # fmt: skip
                self._try_all(person, links, chance)
            case 6 | 7:
                self.verify(person, link, chance)
                self.status(person, link, chance)
            case _:
                self.verify(person, link, chance)
                self.consume(person, link, chance)
                self._try_all(person, links, chance)

    def _try_all(self, person: Person, links: list[str], chance: random.Random) -> None:
        for link in links[:3]:
            self.verify(person, link, chance)
            self.consume(person, link, chance)

    def _at_once(self, one, other) -> None:
        for done in [self._pairs.submit(one), self._pairs.submit(other)]:
            done.result()

    def consume(self, person: Person, link: str, chance: random.Random) -> int:
        """A lost answer is asked for again with the same key."""
        key, start = f"k-{chance.getrandbits(64):x}", time.monotonic()
        status, code = 0, None
        for _ in range(3):
            try:
                answer = self._app(person, chance).consume(self.tokens[link], idempotency_key=key)
            except LOST:
                self.history.answer("consume", 0, USED)
                continue
            self.history.answer("consume", answer.status, USED)
            if answer.status != 503:
                status, code = answer.status, None if answer.status == 200 else answer.code
                break
        self.history.used(Used(link, start, time.monotonic(), status, code))
        return status

    def verify(self, person: Person, link: str, chance: random.Random) -> None:
        start = time.monotonic()
        try:
            answer = self._app(person, chance).verify(self.tokens[link])
        except LOST:
            return self.history.answer("verify", 0, USED)
        self.history.answer("verify", answer.status, USED)
        self.history.read(Used(link, start, time.monotonic(), answer.status))
        return None

    def status(self, person: Person, link: str, chance: random.Random) -> None:
        try:
            status = self._app(person, chance).status(link).status
        except LOST:
            status = 0
        self.history.answer("status", status, (200, 404))

    def invalidate(self, person: Person, chance: random.Random) -> None:
        by_account = person.caller != "news" and chance.random() < 0.6
        address = None if by_account else chance.choice(person.addresses)
        fields = {"account_id": person.account_id} if by_account else {"email": address}
        kind = f"an invalidate by {'account' if by_account else 'address'}"
        killed = self.history.kill(Killed(person, kind, time.monotonic(), address=address))
        try:
            status = self._app(person, chance).invalidate(**fields).status
        except LOST:
            status = 0
        if status == 200:
            killed.end = time.monotonic()
        self.history.answer("invalidate", status, (200,))

    def complete(self, person: Person, link: str, chance: random.Random) -> None:
        """Only the first report of a request revokes, and what came of it may be unknown."""
        with self.history.lock:
            is_first = link not in self._completed
            self._completed.add(link)
        killed = self.history.kill(Killed(person, "a complete", time.monotonic()))
        try:
            answer = self._app(person, chance).post("/reset/complete", {"request_id": link})
        except LOST:
            return self.history.answer("complete", 0, (202, 404))
        if answer.status == 202 and is_first:
            killed.end = time.monotonic()
        self.history.answer("complete", answer.status, (202, 404))
        return None

    def _app(self, person: Person, chance: random.Random):
        service: Service = chance.choice(self.serving).service
        return service.as_caller(self.keys[person.caller])


def _person(caller: str, number: int) -> Person:
    addresses = (f"{caller}-{number}-a@example.test", f"{caller}-{number}-b@example.test")
    if caller == "news":
        return Person(caller, number, addresses[:1], addresses[0])
    return Person(caller, number, addresses, f"stored.{caller}-{number}@example.test")
