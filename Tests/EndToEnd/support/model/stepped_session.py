"""A session that executes the program's own SQL one statement at a time, and never blocks who
drives it: while a statement waits for a lock, others go on."""

from __future__ import annotations

import select
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
from psycopg import pq

QUERIES = Path(__file__).resolve().parents[4] / "sql/queries"
BOOLEAN, INTEGERS = 16, (20, 21, 23)
# As Storage/Database/Database.swift has it.
PLANNING = "SET enable_seqscan = off; SET jit = off; SET plan_cache_mode = force_generic_plan"


def program_queries() -> dict[str, str]:
    return {file.stem: file.read_text() for file in QUERIES.glob("*.sql")}


class Failed(Exception):
    """What PostgreSQL said of a statement."""

    def __init__(self, state: str, message: str):
        super().__init__(f"{state} {message}")
        self.state = state


class SteppedSession:
    def __init__(self, url: str, queries: Mapping[str, str]):
        self.queries = queries
        self._connection = psycopg.connect(url, autocommit=True)
        self._connection.execute(f"{PLANNING}; SET synchronous_commit = off")
        self._raw = self._connection.pgconn
        self._prepared: set[str] = set()
        self.pid = self._raw.backend_pid
        self.is_in_transaction = False

    def close(self) -> None:
        self._connection.close()

    def begin(self) -> None:
        self._raw.exec_(b"BEGIN")
        self.is_in_transaction = True

    def roll_back(self) -> None:
        self._raw.exec_(b"ROLLBACK")
        self.is_in_transaction = False

    def send(self, name: str, parameters: list[Any]) -> None:
        """A query by its file's name, or COMMIT or ROLLBACK."""
        if name in ("COMMIT", "ROLLBACK"):
            self._raw.send_query_params(name.encode(), None)
            self.is_in_transaction = False
            return
        if name not in self._prepared:
            made = self._raw.prepare(name.encode(), self.queries[name].encode())
            assert made.status == pq.ExecStatus.COMMAND_OK, made.error_message.decode()
            self._prepared.add(name)
        self._raw.send_query_prepared(name.encode(), [_text(value) for value in parameters])

    def has_answered(self, within: float) -> bool:
        """Whether the statement has ended, at the latest after so many seconds."""
        self._raw.consume_input()
        if self._raw.is_busy() and select.select([self._raw.socket], [], [], within)[0]:
            self._raw.consume_input()
        return not self._raw.is_busy()

    def answer(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        failure = None
        while (result := self._raw.get_result()) is not None:
            if result.status == pq.ExecStatus.FATAL_ERROR:
                state = result.error_field(pq.DiagnosticField.SQLSTATE) or b""
                failure = Failed(state.decode(), result.error_message.decode().strip())
            elif result.status == pq.ExecStatus.TUPLES_OK:
                rows = _rows(result)
        if failure is not None:
            raise failure
        return rows

    def execute(self, name: str, parameters: list[Any]) -> list[dict[str, Any]]:
        """For when nobody else is at work."""
        self.send(name, parameters)
        while not self.has_answered(1.0):
            pass
        return self.answer()


def _rows(result: pq.abc.PGresult) -> list[dict[str, Any]]:
    names = [(result.fname(n) or b"").decode() for n in range(result.nfields)]
    return [
        {name: _value(result, row, n) for n, name in enumerate(names)}
        for row in range(result.ntuples)
    ]


def _value(result: pq.abc.PGresult, row: int, column: int) -> Any:
    raw = result.get_value(row, column)
    if raw is None:
        return None
    kind = result.ftype(column)
    if kind == BOOLEAN:
        return raw == b"t"
    return int(raw) if kind in INTEGERS else raw.decode()


def _text(value: Any) -> bytes | None:
    match value:
        case None:
            return None
        case bool():
            return b"t" if value else b"f"
        case bytes():
            return b"\\x" + value.hex().encode()
        case list():
            return b"{" + b",".join(_element(one) for one in value) + b"}"
        case _:
            return str(value).encode()


def _element(value: Any) -> bytes:
    text = _text(value)
    return b"NULL" if text is None else b'"' + text.replace(b"\\", b"\\\\") + b'"'
