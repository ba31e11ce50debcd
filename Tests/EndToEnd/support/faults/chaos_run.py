"""Three `serve` with their workers, people of three callers, and chaos: kills of serve and of
PostgreSQL, rows that somebody holds locked, purges. Time is real."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from chaos_history import ChaosHistory
from chaos_judge import ChaosJudge
from chaos_people import ChaosPeople
from cluster import Cluster
from directory import Directory
from faulty_sink import FaultySink
from installation import Installation
from polling import eventually
from process_faults import Process, pause

SECRET = b"a shared secret of enough bytes"
YAML = """
callers:
  club:
    accounts:
      mode: http
      url: {url}
      secret_file: {secret}
"""
SETTINGS = {
    "REKEY_WORKER_LEASE": "15s",
    "REKEY_LIMITS_EMAIL": "1000/1m",
}
# Never waits, so that whoever holds rows is not part of any deadlock.
HOLD = "SELECT FROM rekey.{} ORDER BY random() LIMIT %s FOR UPDATE SKIP LOCKED"
TABLES = ("account", "reset_request", "outbox", "rate_limit")
# What was used a while ago is made old enough for a purge.
AGE = """
UPDATE rekey.reset_request SET created_at = created_at - interval '2 days',
  expires_at = expires_at - interval '2 days', consumed_at = consumed_at - interval '2 days',
  sent_at = sent_at - interval '2 days'
WHERE id IN (SELECT id FROM rekey.reset_request
             WHERE consumed_at < clock_timestamp() - interval '10 seconds'
               AND created_at > clock_timestamp() - interval '1 day'
             LIMIT 200 FOR UPDATE SKIP LOCKED)
"""
# Seconds that a mail may take which was let go just before its link was revoked; how its account
# row stands is believed for 0.1.
PATIENCE = 10.0


class ChaosRun:
    def __init__(
        self, rekey: Installation, cluster: Cluster, sink: FaultySink, *, people: int, seed: int
    ):  # fmt: skip
        self.rekey = rekey
        self.cluster = cluster
        self.sink = sink
        self.random = random.Random(seed)
        self.history = ChaosHistory()
        self.judge = ChaosJudge(self.history, PATIENCE)
        self.done: Counter[str] = Counter()
        self.directory = Directory(SECRET)
        keys = self._configure()
        self.serving = [Process(f"serve-{n}", rekey.serve()) for n in range(3)]
        self._pids = {process.name: process.service.pid for process in self.serving}
        self.people = ChaosPeople(
            self.serving, keys, sink, self.history, people=people, seed=seed
        )  # fmt: skip
        self.directory.accounts |= {
            address: {"id": person.account_id, "email": person.stored}
            for person in self.people.people
            for address in person.addresses
        }
        self._ended = threading.Event()
        self._database_is_up = threading.Lock()

    def _configure(self) -> dict[str, str]:
        rekey = self.rekey
        secret = Path(rekey.directory) / "directory-secret"
        secret.touch(0o600)
        secret.write_bytes(SECRET)
        yaml = YAML.format(url=self.directory.url, secret=secret)
        (rekey.directory / "rekey.yaml").write_text(yaml)
        rekey.settings |= SETTINGS
        keys = {"shop": rekey.key}
        for caller in ("club", "news"):
            keys[caller] = rekey.add_caller(caller)
            rekey.seen.add(keys[caller])
        return keys

    def close(self) -> None:
        self.directory.close()

    def run(self, seconds: float, progress: Callable[[str], None]) -> None:
        end = time.monotonic() + seconds
        with self.people.at_work(askers=6, users=4), self._holding(), self._purging():
            while time.monotonic() < end:
                pause(self.random.uniform(0.3, 3.0))
                kind = self._inflict()
                self._check_processes()
                progress(f"{kind}; {self._progress()}")
        progress("no more faults")
        self._settle(progress)
        self.judge.judge()
        self._check_log()

    def _progress(self) -> str:
        uses = sum(map(len, self.history.uses.values()))
        wrong = len(self.history.violations)
        return f"{len(self.people.tokens)} links mailed, {uses} consumes, {wrong} violations"

    # Faults

    def _inflict(self) -> str:
        kind = self.random.choices(("kill -9 of serve", "kill -9 of PostgreSQL"), (3, 1))[0]
        if kind == "kill -9 of serve":
            process = self.random.choice(self.serving)
            process.service.kill()
            process.service.launch()
            self._pids[process.name] = process.service.pid
        else:
            with self._database_is_up:
                self.cluster.kill()
                self.cluster.start()
        self.done[kind] += 1
        return kind

    def _check_processes(self) -> None:
        """Whoever was not killed is the same as before."""
        for process in self.serving:
            if (code := process.service.process.poll()) is not None:
                self.history.violate(f"I11 {process.name} ended by itself with {code}")
                process.service.launch()
                self._pids[process.name] = process.service.pid
            elif process.service.pid != self._pids[process.name]:
                self.history.violate(f"I11 {process.name} is another process")

    @contextmanager
    def _holding(self) -> Iterator[None]:
        """Somebody who looks into rows and keeps them locked meanwhile."""
        with self._background(self._hold, self._hold):
            yield

    @contextmanager
    def _purging(self) -> Iterator[None]:
        with self._background(self._purge):
            yield

    @contextmanager
    def _background(self, *tasks: Callable[[random.Random], None]) -> Iterator[None]:
        def again_and_again(task: Callable[[random.Random], None], seed: int) -> None:
            chance = random.Random(seed)
            while not self._ended.wait(chance.uniform(0.2, 1.0)):
                try:
                    task(chance)
                except psycopg.Error:
                    self.done["cut off by a kill of PostgreSQL"] += 1

        threads = [
            threading.Thread(target=again_and_again, args=(task, self.random.random()))
            for task in tasks
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._ended.set()
            for thread in threads:
                thread.join()

    def _hold(self, chance: random.Random) -> None:
        table = chance.choice(TABLES)
        with self.rekey.database.connect(autocommit=False) as connection:
            connection.execute(HOLD.format(table).encode(), [chance.choice((1, 5, 50))])
            pause(chance.uniform(0.1, 2.5))
            connection.rollback()
        self.done[f"rows of {table} held"] += 1

    def _purge(self, _: random.Random) -> None:
        self.done["requests made old"] += self.rekey.database.execute(AGE)
        with self._database_is_up:
            pass
        purged = self.rekey.run("purge", "--older-than", "1d")
        self.done[f"purge that ended with {purged.returncode}"] += 1

    # The end

    def _settle(self, progress: Callable[[str], None]) -> None:
        for process in self.serving:
            process.service.wait_until_ready()
        database = self.rekey.database

        def is_empty() -> bool:
            database.make_due()
            return database.count("outbox") == database.value(
                "SELECT count(*) FROM rekey.outbox WHERE dead_at IS NOT NULL"
            )

        eventually(is_empty, "an outbox with nothing but dead letters", 120)
        self.people.take_mail()
        progress("every link is tried once more")
        self._try_everything()
        self._healthy_since = time.monotonic()
        self._everybody_asks_once_more()

    def _everybody_asks_once_more(self) -> None:
        """All is healthy again, so each gets a mail, and its link works."""
        for person in self.people.people:
            self.people.ask(person, person.addresses[0], self.random)
        asked = {one.request_id: one for one in self.history.by_id.values() if not one.mailed_at}

        def is_there() -> bool:
            self.people.take_mail()
            return all(request_id in self.people.tokens for request_id in newest)

        newest = [one for one in asked if asked[one].start >= self._healthy_since]
        eventually(is_there, f"mails to all {len(newest)}", 60)
        for request_id in newest:
            status = self.people.consume(asked[request_id].person, request_id, self.random)
            self.done["links asked for in the end that work"] += status == 200
            if status != 200:
                self.history.violate(f"I3 {request_id} is untouched and was answered with {status}")

    def _try_everything(self) -> None:
        """Who was not used up may be used now, once, if nothing has killed it."""
        for request_id, link in list(self.history.by_id.items()):
            if request_id in self.people.tokens:
                self.people.consume(link.person, request_id, self.random)

    def _check_log(self) -> None:
        log = (self.cluster.directory / "log").read_text(errors="replace")
        deadlocks = log.count("deadlock detected")
        self.done["deadlocks in PostgreSQL's log"] += deadlocks
        if deadlocks:
            self.history.violate(f"PostgreSQL has broken {deadlocks} deadlocks")
