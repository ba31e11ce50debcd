"""One request row that somebody holds locked, and the mails of everybody else."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cluster import Cluster
from delivery_outcome import Outcome
from delivery_rig import address, say
from faulty_sink import FaultySink
from paced import strangers
from side import Serving, Side
from storage_options import StorageOptions, Table, sides

OTHERS = 20
PER_SECOND = 50
UNMARKED = "accepted → marked, with a row locked, not marked within 5 s"
MARKED = """
SELECT percentile_disc(%s) WITHIN GROUP (
  ORDER BY extract(epoch FROM sent_at - created_at) * 1000)::float8
FROM rekey.reset_request WHERE created_at > %s AND sent_at IS NOT NULL
"""


def locked(directory: Path, cluster: Cluster, options: StorageOptions) -> Outcome:
    outcome = Outcome()
    sink = FaultySink(keep=False)
    try:
        with sides(directory, cluster, options) as made:
            table = Table(made)
            for number in range(options.rounds):
                for side in made:
                    _round(side, sink, table, options.seconds, number)
    finally:
        sink.close()
    table.show(outcome)
    for side in made:
        label = f"{side.name}: " if len(made) > 1 else ""
        mailed = table.figures["20 others are mailed after"][side.name]
        outcome.at_most(f"{label}20 others are mailed after, ms", max(mailed), 1000)
        p99 = table.figures["accepted → marked, with a row locked, p99"][side.name]
        free = table.figures["accepted → marked, p99"][side.name]
        ratios = sorted(one / other for one, other in zip(p99, free, strict=True))
        outcome.at_most(f"{label}p99 of others, with ÷ without", ratios[len(ratios) // 2], 1.3)
        unmarked = max(table.figures[UNMARKED][side.name])
        outcome.at_most(f"{label}others not marked beside it", unmarked, 0)
    return outcome


def _round(side: Side, sink: FaultySink, table: Table, seconds: int, number: int) -> None:
    side.empty_outbox()
    with (
        side.serve("--no-worker") as serving,
        side.work(REKEY_MAIL_TRANSPORTS=address(sink.port)),
    ):
        with _locked_among(side, serving, OTHERS) as ids:
            query = (
                "SELECT count(*) FROM rekey.reset_request WHERE id = ANY(%s) AND sent_at IS NULL"
            )
            start = time.monotonic()
            side.run("outbox", "resume")
            all_left = _until(lambda: side.database.value(query, [ids]) <= 1, 20)
            took = (time.monotonic() - start) * 1000
        table.add(side, "20 others are mailed after", took if all_left else 20_000, "ms")
        _until(lambda: side.database.count("outbox") == 0, 60)
        _others(side, serving, table, "accepted → marked", seconds)
        with _locked_among(side, serving, 1):
            side.run("outbox", "resume")
            _others(side, serving, table, "accepted → marked, with a row locked", seconds)
    say(f"locked, round {number + 1}, {side.name}: " + table.last())


@contextmanager
def _locked_among(side: Side, serving: Serving, others: int) -> Iterator[list[str]]:
    """Requests whose mail waits in a paused outbox, the middle one with its row locked, as somebody
    would in psql; until the end of the block."""
    side.run("outbox", "pause")
    ids = [
        serving.caller.accepted(f"l{time.monotonic_ns()}-{number}@bench.example")
        for number in range(others + 1)
    ]
    with side.database.connect(autocommit=False) as connection:
        query = "SELECT id FROM rekey.reset_request WHERE id = %s FOR UPDATE"
        connection.execute(query, [ids[len(ids) // 2]])
        yield ids
        connection.rollback()


def _others(side: Side, serving: Serving, table: Table, name: str, seconds: int) -> None:
    since = side.database.value("SELECT clock_timestamp()")
    with strangers(serving, PER_SECOND) as answers:
        time.sleep(seconds)
    accepted = answers.statuses[202]
    query = "SELECT count(*) FROM rekey.reset_request WHERE created_at > %s AND sent_at IS NOT NULL"
    _until(lambda: side.database.value(query, [since]) >= accepted, 5)
    table.add(side, f"{name}, p50", side.database.value(MARKED, [0.5, since]) or 0, "ms")
    table.add(side, f"{name}, p99", side.database.value(MARKED, [0.99, since]) or 0, "ms")
    missing = accepted - side.database.value(query, [since])
    table.add(side, f"{name}, not marked within 5 s", missing, "")


def _until(condition: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True
