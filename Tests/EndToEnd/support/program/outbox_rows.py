"""The outbox and what stands beside it, as a test looks at them."""

from __future__ import annotations

from typing import Any

from database import Database
from polling import eventually

MAILS = "SELECT * FROM rekey.outbox WHERE kind <> 'event' ORDER BY id"


def mails(database: Database) -> list[dict[str, Any]]:
    return database.rows(MAILS)


def mail(database: Database, request_id: str) -> dict[str, Any] | None:
    """The one message of a request that is a mail; None once it has ended."""
    found = [row for row in mails(database) if str(row["request_id"]) == request_id]
    assert len(found) <= 1
    return found[0] if found else None


def retried(
    database: Database, request_id: str, failures: int = 1, deadline: float = 20.0
) -> dict[str, Any]:
    """A request's mail once it has failed so often and waits for its next try."""

    def look() -> dict[str, Any] | None:
        row = mail(database, request_id)
        assert row is None or row["dead_at"] is None, row and row["last_error"]
        is_waiting = row and row["leased_until"] is None and row["failures"] == failures
        return row if is_waiting else None

    found = eventually(look, f"failure {failures} of {request_id}", deadline)
    assert found
    return found


def dead(database: Database, request_id: str, deadline: float = 20.0) -> dict[str, Any]:
    """A request's mail once it is a dead letter."""

    def look() -> dict[str, Any] | None:
        row = mail(database, request_id)
        return row if row and row["dead_at"] else None

    found = eventually(look, f"the dead letter of {request_id}", deadline)
    assert found
    return found


def ended(database: Database, request_id: str, deadline: float = 20.0) -> None:
    """Sent or dropped: nothing is left to do."""
    eventually(lambda: mail(database, request_id) is None, f"the end of {request_id}", deadline)


def now(database: Database) -> Any:
    return database.value("SELECT clock_timestamp()")


def wait_of(database: Database, row: dict[str, Any]) -> float:
    """Seconds from now until its next try is due."""
    return (row["run_at"] - now(database)).total_seconds()


def expire_leases(database: Database) -> int:
    """All that is leased is due for others, as if its workers had been silent for that long."""
    return database.execute(
        "UPDATE rekey.outbox SET leased_until = clock_timestamp(), run_at = clock_timestamp()"
        " WHERE leased_until IS NOT NULL"
    )


def suppressions(database: Database) -> list[dict[str, Any]]:
    return database.rows("SELECT * FROM rekey.suppression ORDER BY created_at")
