"""Two `serve --no-worker`, two `work`, people who keep asking, and random faults, all in one run.

Simulated time runs ahead of real time, so that pauses of minutes take seconds. The same seed deals
the same faults in the same order; what they hit depends on how the processes run.
"""

from __future__ import annotations

import http.client
import itertools
import random
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from checker import OPEN, Checker, History, Verdict
from cluster import Cluster
from faulty_sink import ACTS, FaultySink
from installation import PUBLIC_URL, Installation
from polling import eventually
from service import Service
from simulated_clock import SimulatedClock

LOST = (OSError, http.client.HTTPException)
LEASE = 15
GIVE_UP_AFTER = 3600
# What it is called and what does it; False says that it could not be done now.
Kind = tuple[str, Callable[[], bool | None]]
STEP, STEPS_A_SECOND = 30.0, 2
LEASED = """
SELECT DISTINCT request_id::text AS id FROM rekey.outbox WHERE leased_until IS NOT NULL
"""


def pause(seconds: float) -> None:
    """For what has to last, such as a fault; never for waiting until something has happened."""
    threading.Event().wait(max(0.0, seconds))


class Process:
    """A service with its orders: whether somebody is doing something to it, and who it must be."""

    def __init__(self, name: str, service: Service):
        self.name = name
        self.service = service
        self.pid = service.pid
        self.is_busy = False

    def replaced(self) -> None:
        self.service.launch()
        self.pid = self.service.pid


class FaultRun:
    def __init__(
        self, rekey: Installation, cluster: Cluster, sink: FaultySink, *, seed: int,
        people: int = 4,
    ):  # fmt: skip
        self.rekey, self.cluster, self.sink, self.people = rekey, cluster, sink, people
        self.random = random.Random(seed)
        self.history = History()
        self.clock = SimulatedClock(rekey.database)
        sink.now = self.clock.now
        self.checker = Checker(
            self.history, rekey.database, self.clock,
            link_start=f"{PUBLIC_URL}/reset/verify?token=", give_up_after=GIVE_UP_AFTER,
            patience=LEASE * 2,
        )  # fmt: skip
        self.done: Counter[str] = Counter()
        self._ended = threading.Event()
        # Nobody moves the clock while the database is being killed: whether it moved must be known.
        self._database_is_up = threading.Lock()
        self._numbers = itertools.count(1)
        self._start_processes()
        self._background = ThreadPoolExecutor(2)
        self._under_way: list[Future] = []
        # First of all what takes longest; then all kinds in random order, again and again.
        self._deck: list[Kind] = [("SIGSTOP of work", self._stop_work)]

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

    # The run

    def run(self, *, faults: int, seconds: float, progress: Callable[[str], None]) -> Verdict:
        """Deals so many faults in about so many seconds, lets everything end, and judges."""
        start = time.monotonic()
        with self._load(), self._background:
            eventually(lambda: len(self.sink.kept()) >= 5, "the first mails")
            for number in range(1, faults + 1):
                pause(start + number * seconds / faults - time.monotonic())
                kind = self._inflict_next()
                self._check_processes()
                self.checker.check_halves()
                progress(f"{number}/{faults} {kind}; {self._progress()}")
            for one in self._under_way:
                one.result()
        progress("no more faults: time passes until the outbox is empty")
        self._settle()
        return self.checker.check(self.sink.kept())

    def _progress(self) -> str:
        accepted, mails = len(self.history.acknowledged), len(self.sink.kept())
        return f"{accepted} accepted, {mails} mails, {self.rekey.database.count('outbox')} waiting"

    def _kinds(self) -> list[Kind]:
        kinds: list[Kind] = [
            ("kill -9 of serve", self._kill_serve),
            ("kill -9 of work", self._kill_work),
            ("kill -9 of PostgreSQL", self._kill_postgresql),
            ("SIGSTOP of work", self._stop_work),
            ("SIGTERM of work", self._terminate_work),
            ("connections refused", self._refuse),
        ]
        for act in ACTS:
            # Many messages may be put off; few may be refused for good.
            most = 1 if act.startswith("550") else 4
            kinds.append((act, lambda act=act, most=most: self._arm(act, most)))
        return kinds

    def _inflict_next(self) -> str:
        """The next one that can be done now; one that cannot comes as soon as it can."""
        while True:
            for place, (kind, inflict) in enumerate(self._deck):
                if inflict() is not False:
                    del self._deck[place]
                    self.done[kind] += 1
                    return kind
            kinds = self._kinds()
            self.random.shuffle(kinds)
            self._deck += kinds

    def _settle(self) -> None:
        """All faults have ended; time passes until nothing is left that may still be sent."""
        self.sink.disarm()
        for process in (*self.serving, *self.working):
            process.service.wait_until_ready()
        waiting = "SELECT count(*) FROM rekey.outbox WHERE dead_at IS NULL"

        def is_settled() -> bool:
            if self.rekey.database.value(waiting) == 0:
                return True
            self.clock.advance(STEP)
            return False

        eventually(is_settled, "an outbox with nothing but dead letters", 120)
        for request_id in self.history.acknowledged:
            self._look_at(request_id, self.serving[0].service)
        self._check_processes()

    def _check_processes(self) -> None:
        """Whoever was not killed is the same process as before."""
        for process in (*self.serving, *self.working):
            if not process.is_busy and process.service.process.poll() is not None:
                code = process.service.process.returncode
                self.history.violate(f"{process.name} ended by itself with {code}")
                process.replaced()

    # Faults of processes

    def _leased(self) -> set[str]:
        return {row["id"] for row in self.rekey.database.rows(LEASED)}

    def _any_worker(self) -> Process | None:
        """One that is not halted or ending already."""
        free = [process for process in self.working if not process.is_busy]
        return self.random.choice(free) if free else None

    def _kill_serve(self) -> None:
        process = self.random.choice(self.serving)
        process.service.kill()
        self.history.add("kill -9 of serve")
        process.replaced()

    def _kill_work(self) -> bool:
        process = self._any_worker()
        if process is None:
            return False
        self._wait_for_a_moment(process)
        process.service.kill()
        self.history.add("kill -9 of work", self._leased(), process.name)
        self.sink.release()
        process.replaced()
        return True

    def _kill_postgresql(self) -> None:
        with self._database_is_up:
            self._wait_for_a_moment(self.random.choice(self.working))
            self.cluster.kill()
            self.cluster.start()
        # What was being done when it was killed is leased still: nobody could write its end.
        self.history.add("kill -9 of PostgreSQL", self._leased())
        self.sink.release()

    def _wait_for_a_moment(self, process: Process) -> None:
        """Half the time any; else just before or just after the answer to the final dot of a mail
        of this worker, if one comes along."""
        chosen = self.random.choice(("any", "any", "before", "after"))
        if chosen == "any":
            return
        if chosen == "before":
            self.sink.arm("hang after the final dot", 2)
        seen = len(self.sink.kept())
        end = time.monotonic() + 1

        def has_come() -> bool:
            new = self.sink.kept()[seen:]
            mails = [one for one in new if one.mail.hello == process.name]
            return any(one.is_answered == (chosen == "after") for one in mails)

        while not has_come() and time.monotonic() < end:
            pause(0.0005)

    def _stop_work(self) -> bool:
        """Never both at once: somebody has to take over."""
        if any(process.is_busy for process in self.working):
            return False
        return self._in_background(self._halt_past_its_lease)

    def _terminate_work(self) -> bool:
        return self._in_background(self._end_and_start_again)

    def _in_background(self, act: Callable[[Process], None]) -> bool:
        process = self._any_worker()
        if process is None:
            return False

        def whole() -> None:
            try:
                act(process)
            finally:
                process.is_busy = False

        process.is_busy = True
        self._under_way.append(self._background.submit(whole))
        return True

    def _halt_past_its_lease(self, process: Process) -> None:
        """An answer that comes meanwhile is read far too late."""
        self._wait_for_a_moment(process)
        process.service.process.send_signal(signal.SIGSTOP)
        try:
            self._touch("SIGSTOP of work", process)
            self.sink.release()
            pause(LEASE + 2)
        finally:
            process.service.process.send_signal(signal.SIGCONT)

    def _touch(self, kind: str, process: Process) -> None:
        """Notes what is leased now, or as soon as the database can be asked again."""
        with self._database_is_up:
            self.history.add(kind, self._leased(), process.name)

    def _end_and_start_again(self, process: Process) -> None:
        # One that has just been started again does not know yet what the signal means.
        process.service.wait_until_ready()
        process.service.process.send_signal(signal.SIGTERM)
        code = process.service.process.wait(40)
        self.history.add("SIGTERM of work", worker=process.name)
        if code != 0:
            self.history.violate(f"{process.name} ended with {code} on SIGTERM")
        process.replaced()

    # Faults of the sink

    def _refuse(self) -> None:
        self.sink.refuse()
        pause(self.random.uniform(0.3, 1.5))
        self.sink.start()

    def _arm(self, act: str, most: int) -> None:
        self.sink.arm(act, self.random.randint(1, most))
        if act.startswith("hang"):
            pause(self.random.uniform(0.3, 1.5))
            self.sink.release(drop=self.random.random() < 0.3)

    # What goes on meanwhile

    @contextmanager
    def _load(self) -> Iterator[None]:
        with ThreadPoolExecutor(self.people + 2) as pool:
            tasks = [pool.submit(self._ask, number) for number in range(self.people)]
            tasks += [pool.submit(self._watch), pool.submit(self._pass_time)]
            try:
                yield
            finally:
                self._ended.set()
            for task in tasks:
                task.result()

    def _pass_time(self) -> None:
        while not self._ended.wait(1 / STEPS_A_SECOND):
            with self._database_is_up:
                self.clock.advance(STEP)

    def _ask(self, person: int) -> None:
        chance = random.Random(self.random.random() + person)
        for process in itertools.islice(itertools.cycle(self.serving), person % 2, None):
            if self._ended.wait(chance.uniform(0.05, 0.35)):
                return
            address, fields = self._somebody(chance)
            self.history.ask(address)
            try:
                answer = process.service.caller.request(fields.pop("email"), **fields)
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
        chance = random.Random(0)
        while not self._ended.wait(0.01):
            known = list(self.history.acknowledged)
            if not known:
                continue
            service = chance.choice(self.serving).service
            self._look_at(chance.choice(known[-60:] if chance.random() < 0.7 else known), service)
            kept = self.sink.kept()
            if kept and chance.random() < 0.05:
                self._use(chance.choice(kept[-30:]).mail.token, service)

    def _look_at(self, request_id: str, service: Service) -> None:
        try:
            answer = service.caller.status(request_id)
        except LOST:
            return
        if answer.status == 200:
            self.history.see_status(request_id, answer.json()["status"])
        elif answer.status != 503:
            self.history.violate(f"I5 the state of {request_id} is {answer.status}")

    def _use(self, token: str, service: Service) -> None:
        try:
            answer = service.caller.consume(token)
        except LOST:
            return
        if answer.status not in (200, 409, 410, 503):
            self.history.violate(f"a link that was mailed is answered with {answer.status}")


def report(run: FaultRun, verdict: Verdict, out=sys.stdout) -> None:
    """What was done, what came of it, and which fault explains each duplicate."""

    def counts(title: str, counted: Counter[str]) -> None:
        print(f"\n{title}", file=out)
        for name, number in sorted(counted.items(), key=lambda one: -one[1]):
            print(f"  {name:<44} {number:>7}", file=out)

    counts(f"{sum(run.done.values())} faults", run.done)
    counts("what the mail server did", run.sink.done)
    counts("answers to requests", run.history.answers)
    counts("how requests ended", verdict.ends)
    counts(f"{verdict.mails} mails; duplicates by the fault that explains each", verdict.duplicates)
    states = sum(len(seen) for seen in run.history.statuses.values())
    print(f"\n{len(run.history.acknowledged)} acknowledged, {states} changes of state seen,"
          f" {run.clock.advanced / 60:.0f} minutes of simulated time", file=out)  # fmt: skip
    still_open = [one for one, seen in run.history.statuses.items() if seen and seen[-1] in OPEN]
    if still_open:
        print(f"{len(still_open)} were still open when last looked at", file=out)
    for violation in verdict.violations[:50]:
        print(f"VIOLATION {violation}", file=out)
    print(f"{len(verdict.violations)} violations", file=out)
