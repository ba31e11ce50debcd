"""Two `serve --no-worker`, two `work`, people who keep asking, and random faults, all in one run.

Simulated time runs ahead of real time, so that pauses of minutes take seconds. The same seed deals
the same faults in the same order; what they hit depends on how the processes run.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from checker import Checker, Verdict
from cluster import Cluster
from faulty_sink import ACTS, FaultySink
from history import History
from installation import PUBLIC_URL, Installation
from people import People
from polling import eventually
from process_faults import Process, ProcessFaults, pause
from simulated_clock import SimulatedClock

LEASE = 15
GIVE_UP_AFTER = 3600
STEP, STEPS_A_SECOND = 30.0, 2
# What it is called and what does it; that returns False if it could not be done now.
Kind = tuple[str, Callable[[], bool]]


class FaultRun:
    def __init__(self, rekey: Installation, cluster: Cluster, sink: FaultySink, *, seed: int):
        self.rekey = rekey
        self.sink = sink
        self.random = random.Random(seed)
        self.history = History()
        self.clock = SimulatedClock(rekey.database)
        sink.now = self.clock.now
        self.done: Counter[str] = Counter()
        self._start_processes()
        self.people = People(self.serving, sink=sink, history=self.history, seed=seed)
        self.faults = ProcessFaults(
            self.serving, self.working, cluster=cluster, database=rekey.database, sink=sink,
            history=self.history, chance=self.random, lease=LEASE,
        )  # fmt: skip
        self.checker = Checker(
            self.history, rekey.database, self.clock,
            link_start=f"{PUBLIC_URL}/reset/verify?token=", give_up_after=GIVE_UP_AFTER,
            patience=LEASE * 2,
        )  # fmt: skip
        # First of all what takes longest; then all kinds in random order, again and again.
        self._deck: list[Kind] = [("SIGSTOP of work", self.faults.halt_work)]

    def _start_processes(self) -> None:
        rekey = self.rekey
        rekey.settings |= {
            "REKEY_WORKER_LEASE": f"{LEASE}s",
            "REKEY_MAIL_GIVE_UP_AFTER": f"{GIVE_UP_AFTER}s",
        }
        self.serving = [Process(f"serve-{n}", rekey.serve("--no-worker")) for n in (1, 2)]
        self.working = []
        for number in (1, 2):
            name = f"work-{number}.example.test"
            transport = f"smtp://127.0.0.1:{self.sink.port}?ehlo={name}"
            self.working.append(Process(name, rekey.work(REKEY_MAIL_TRANSPORTS=transport)))

    def run(self, *, faults: int, seconds: float, progress: Callable[[str], None]) -> Verdict:
        """Deals so many faults in about so many seconds, lets everything end, and judges."""
        with self._passing_time(), self.people.asking(4):
            eventually(lambda: len(self.sink.kept()) >= 5, "the first mails")
            start, step = time.monotonic(), seconds / faults
            for number in range(faults):
                # Never all at once, however long one of them took.
                pause(max(step / 2, start + number * step - time.monotonic()))
                kind = self._inflict_next()
                self._check_processes()
                self.checker.check_halves()
                progress(f"{number + 1}/{faults} {kind}; {self._progress()}")
            self.faults.wait()
        progress("no more faults: time passes until the outbox is empty")
        self._settle()
        return self.checker.check(self.sink.kept())

    def _progress(self) -> str:
        accepted, mails = len(self.history.acknowledged), len(self.sink.kept())
        return f"{accepted} accepted, {mails} mails, {self.rekey.database.count('outbox')} waiting"

    @contextmanager
    def _passing_time(self) -> Iterator[None]:
        ended = threading.Event()

        def go_on() -> None:
            while not ended.wait(1 / STEPS_A_SECOND):
                with self.faults.database_is_up:
                    self.clock.advance(STEP)

        thread = threading.Thread(target=go_on)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _settle(self) -> None:
        """Time passes until nothing is left that may still be sent."""
        self.sink.disarm()
        for process in (*self.serving, *self.working):
            process.service.wait_until_ready()
        waiting = "SELECT count(*) FROM rekey.outbox WHERE dead_at IS NULL"

        def is_settled() -> bool:
            if self.rekey.database.value(waiting) == 0:
                return True
            self.clock.advance(STEP)
            return False

        eventually(is_settled, "an outbox with nothing but dead letters", 150)
        with ThreadPoolExecutor(4) as pool:
            service = self.serving[0].service
            looks = [
                pool.submit(self.people.look_at, one, service) for one in self.history.acknowledged
            ]
        for look in looks:
            look.result()
        self._check_processes()

    def _check_processes(self) -> None:
        """Whoever was not killed runs on."""
        for process in (*self.serving, *self.working):
            if not process.is_busy and (code := process.service.process.poll()) is not None:
                self.history.violate(f"{process.name} ended by itself with {code}")
                process.service.launch()

    # Faults

    def _inflict_next(self) -> str:
        """The next one that can be done now; one that cannot comes as soon as it can."""
        while True:
            for place, (kind, inflict) in enumerate(self._deck):
                if inflict():
                    del self._deck[place]
                    self.done[kind] += 1
                    return kind
            kinds = self._kinds()
            self.random.shuffle(kinds)
            self._deck += kinds

    def _kinds(self) -> list[Kind]:
        kinds: list[Kind] = [
            ("kill -9 of serve", self.faults.kill_serve),
            ("kill -9 of work", self.faults.kill_work),
            ("kill -9 of PostgreSQL", self.faults.kill_postgresql),
            ("SIGSTOP of work", self.faults.halt_work),
            ("SIGTERM of work", self.faults.end_work),
            ("connections refused", self._refuse),
        ]
        for act in ACTS:
            # Three in a row, and the workers leave the server alone for a while, so that the faults
            # that follow would meet nobody; refused connections see to that often enough.
            most = 1 if act.startswith("550") else 2
            kinds.append((act, lambda act=act, most=most: self._arm(act, most)))
        return kinds

    def _refuse(self) -> bool:
        self.sink.refuse()
        pause(self.random.uniform(0.2, 1.0))
        self.sink.start()
        return True

    def _arm(self, act: str, most: int) -> bool:
        self.sink.arm(act, self.random.randint(1, most))
        if act.startswith("hang"):
            pause(self.random.uniform(0.3, 1.5))
            self.sink.release(drop=self.random.random() < 0.3)
        return True
