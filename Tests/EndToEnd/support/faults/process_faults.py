"""Kills, halts and ends processes in the middle of their work, and notes which messages it hit."""

from __future__ import annotations

import random
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from cluster import Cluster
from database import Database
from faulty_sink import FaultySink
from history import History
from service import Service

LEASED = """
SELECT DISTINCT request_id::text AS id FROM rekey.outbox WHERE leased_until IS NOT NULL
"""


def pause(seconds: float) -> None:
    """For what has to last, such as a fault; never for waiting until something has happened."""
    threading.Event().wait(max(0.0, seconds))


class Process:
    """A service that is busy while somebody is halting or ending it."""

    def __init__(self, name: str, service: Service):
        self.name = name
        self.service = service
        self.is_busy = False


class ProcessFaults:
    """Each returns False if it cannot be done now."""

    def __init__(
        self, serving: list[Process], working: list[Process], *, cluster: Cluster,
        database: Database, sink: FaultySink, history: History, chance: random.Random,
        lease: float,
    ):  # fmt: skip
        self.serving = serving
        self.working = working
        self.cluster = cluster
        self.database = database
        self.sink = sink
        self.history = history
        self.random = chance
        self.lease = lease
        # Held while the database is being killed, and by who must know whether it did its work.
        self.database_is_up = threading.Lock()
        self._background = ThreadPoolExecutor(2)
        self._under_way: list[Future] = []

    def wait(self) -> None:
        """Until what goes on in the background has ended."""
        for one in self._under_way:
            one.result()
        self._background.shutdown()

    def kill_serve(self) -> bool:
        process = self.random.choice(self.serving)
        process.service.kill()
        self.history.add("kill -9 of serve")
        process.service.launch()
        return True

    def kill_work(self) -> bool:
        process = self._any_worker()
        if process is None:
            return False
        self._wait_for_a_moment(process)
        process.service.kill()
        self.history.add("kill -9 of work", self._leased(), process.name)
        self.sink.release()
        process.service.launch()
        return True

    def kill_postgresql(self) -> bool:
        with self.database_is_up:
            self._wait_for_a_moment(self.random.choice(self.working))
            self.cluster.kill()
            self.cluster.start()
            # What was being done is leased still: nobody could write its end.
            self.history.add("kill -9 of PostgreSQL", self._leased())
        self.sink.release()
        return True

    def halt_work(self) -> bool:
        """Past its lease. Never both workers at once: somebody has to take over."""
        if any(process.is_busy for process in self.working):
            return False
        return self._in_background(self._halt)

    def end_work(self) -> bool:
        return self._in_background(self._end)

    # What happens in the background

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

    def _halt(self, process: Process) -> None:
        """An answer that comes meanwhile is read far too late."""
        self._wait_for_a_moment(process)
        process.service.process.send_signal(signal.SIGSTOP)
        try:
            with self.database_is_up:
                self.history.add("SIGSTOP of work", self._leased(), process.name)
            self.sink.release()
            pause(self.lease + 2)
        finally:
            process.service.process.send_signal(signal.SIGCONT)

    def _end(self, process: Process) -> None:
        # One that has just been started again does not know yet what the signal means.
        process.service.wait_until_ready()
        process.service.process.send_signal(signal.SIGTERM)
        code = process.service.process.wait(40)
        self.history.add("SIGTERM of work", worker=process.name)
        if code != 0:
            self.history.violate(f"{process.name} ended with {code} on SIGTERM")
        process.service.launch()

    # Choosing

    def _leased(self) -> set[str]:
        return {row["id"] for row in self.database.rows(LEASED)}

    def _any_worker(self) -> Process | None:
        free = [process for process in self.working if not process.is_busy]
        return self.random.choice(free) if free else None

    def _wait_for_a_moment(self, process: Process) -> None:
        """Half the time any; else just before or just after the answer to the final dot of a mail
        of this worker, if one comes along within a second."""
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
