"""Time that a test moves: every moment the database keeps is made so much older, at once.

The ids of requests and messages hold real time and stay. A leased message belongs to a worker,
whose lease runs in real time, so its row stays as well.
"""

from __future__ import annotations

import threading
import time

import psycopg
from database import Database

COLUMNS = """
SELECT c.relname AS name, a.attname AS field, a.atttypid = 'timestamptz[]'::regtype AS is_array
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE c.relnamespace = 'rekey'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND c.relname <> 'schema_version' AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
  AND a.atttypid IN ('timestamptz'::regtype, 'timestamptz[]'::regtype)
ORDER BY c.relname <> 'outbox', c.relname, a.attnum
"""
BUSY = (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected)


class SimulatedClock:
    """Seconds since it was made: those that have really passed, and those it was advanced by."""

    def __init__(self, database: Database):
        self.database = database
        self._start = time.monotonic()
        self._advances: list[tuple[float, float]] = []
        self._changed = threading.Condition()
        tables: dict[str, list[str]] = {}
        for column in database.rows(COLUMNS):
            tables.setdefault(column["name"], []).append(_earlier(column))
        self._tables = list(tables)
        self._updates = [
            f"UPDATE rekey.{name} SET {', '.join(fields)}"
            + (" WHERE leased_until IS NULL" if name == "outbox" else "")
            for name, fields in tables.items()
        ]

    @property
    def advanced(self) -> float:
        with self._changed:
            return sum(seconds for _, seconds in self._advances)

    def now(self) -> float:
        return self.at(time.monotonic())

    def at(self, moment: float) -> float:
        """What it showed at a moment of time.monotonic()."""
        with self._changed:
            before = sum(seconds for when, seconds in self._advances if when <= moment)
        return moment - self._start + before

    def advance(self, seconds: float) -> None:
        """Lets so much time pass in one transaction that waits until nobody writes."""
        end = time.monotonic() + 20
        while not self._shift(seconds):
            if time.monotonic() > end:
                raise AssertionError("the clock cannot be moved: the tables stay locked")
        with self._changed:
            self._advances.append((time.monotonic(), seconds))
            self._changed.notify_all()

    def wait_until(self, moment: float, deadline: float = 60.0) -> bool:
        """False if it has not come within `deadline` real seconds."""
        end = time.monotonic() + deadline
        while (left := moment - self.now()) > 0:
            rest = end - time.monotonic()
            if rest <= 0:
                return False
            with self._changed:
                self._changed.wait(min(left, rest))
        return True

    def _shift(self, seconds: float) -> bool:
        """Locks briefly or not at all, so that it never is the fault that it helps to test."""
        locked = ", ".join(f"rekey.{name}" for name in self._tables)
        with self.database.connect(autocommit=False) as connection:
            try:
                connection.execute("SET LOCAL lock_timeout = '100ms'")
                connection.execute(f"LOCK TABLE {locked} IN EXCLUSIVE MODE")
                for update in self._updates:
                    connection.execute(update, {"by": seconds})
                # The hint that something is due; without it a worker would look a second later.
                connection.execute("SELECT pg_notify('rekey_outbox', '')")
            except BUSY:
                connection.rollback()
                return False
        return True


def _earlier(column: dict) -> str:
    field, by = column["field"], "make_interval(secs => %(by)s)"
    if not column["is_array"]:
        return f"{field} = {field} - {by}"
    return (
        f"{field} = ARRAY(SELECT s.at - {by} FROM unnest({field}) WITH ORDINALITY AS s(at, n)"
        " ORDER BY s.n)"
    )
