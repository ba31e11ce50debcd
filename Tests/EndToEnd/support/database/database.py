"""One database of a cluster: made for one test, read and written behind the program's back."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg.rows import dict_row

_numbers = itertools.count(1)
ROLE_PASSWORD = "only-in-tests-9c1f"


def _with(url: str, *, name: str, user: str | None = None) -> str:
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    netloc = f"{user}:{ROLE_PASSWORD}@{place}" if user else parts.netloc
    return urlunsplit(parts._replace(netloc=netloc, path=f"/{name}"))


def _unique_name() -> str:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    return f"rekey_{worker}_{os.getpid()}_{next(_numbers)}"


class Database:
    """Made on entry and dropped on exit, whoever is still connected."""

    def __init__(self, cluster_url: str, template: str | None = None):
        self.cluster_url = cluster_url
        self.name = _unique_name()
        self.owner_url = _with(cluster_url, name=self.name)
        self._template = template

    def role_url(self, role: str) -> str:
        """For a login role that is a member of one of the roles in sql/roles.sql."""
        return _with(self.cluster_url, name=self.name, user=role)

    def __enter__(self) -> Database:
        source = f" TEMPLATE {self._template}" if self._template else ""
        self.administer(f"CREATE DATABASE {self.name}{source}")
        return self

    def __exit__(self, *_: object) -> None:
        self.administer(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")

    def administer(self, statement: str) -> None:
        with psycopg.connect(self.cluster_url, autocommit=True) as connection:
            connection.execute(statement)

    def connect(self, autocommit: bool = True) -> psycopg.Connection:
        return psycopg.connect(self.owner_url, autocommit=autocommit)

    def execute(self, statement: str, parameters: Any = None) -> int:
        """How many rows it touched."""
        with self.connect() as connection:
            return connection.execute(statement, parameters).rowcount

    def rows(self, query: str, parameters: Any = None) -> list[dict[str, Any]]:
        with self.connect() as connection:
            return connection.cursor(row_factory=dict_row).execute(query, parameters).fetchall()

    def value(self, query: str, parameters: Any = None) -> Any:
        (row,) = self.rows(query, parameters)
        (value,) = row.values()
        return value

    # What many tests look at

    def request(self, request_id: str) -> dict[str, Any]:
        (row,) = self.rows("SELECT * FROM rekey.reset_request WHERE id = %s", [request_id])
        return row

    def count(self, table: str) -> int:
        return self.value(f"SELECT count(*) FROM rekey.{table}")

    def age(self, request_id: str, interval: str) -> None:
        """Moves a request's times into the past, as if it had been made that much earlier."""
        self.execute(
            "UPDATE rekey.reset_request SET created_at = created_at - %(by)s::interval,"
            " expires_at = expires_at - %(by)s::interval, sent_at = sent_at - %(by)s::interval"
            " WHERE id = %(id)s",
            {"by": interval, "id": request_id},
        )

    def make_due(self) -> None:
        """Ends the wait of every message for its next attempt; what is being tried goes on."""
        self.execute(
            "UPDATE rekey.outbox SET run_at = clock_timestamp()"
            " WHERE dead_at IS NULL AND leased_until IS NULL"
        )

    def calls(self, fragment: str = "reset_request") -> int:
        """How many statements of this database with this text have run so far."""
        with psycopg.connect(self.cluster_url, autocommit=True) as connection:
            row = connection.execute(
                "SELECT coalesce(sum(calls), 0) FROM pg_stat_statements s"
                " JOIN pg_database d ON d.oid = s.dbid"
                " WHERE d.datname = %s AND position(%s in query) > 0",
                [self.name, fragment],
            ).fetchone()
        assert row is not None
        return int(row[0])


def make_template(cluster_url: str, prepare: Callable[[Database], None]) -> Database:
    """A database that others are copied from. Sessions in parallel make theirs one by one, because
    roles belong to the whole cluster."""
    template = Database(cluster_url)
    with psycopg.connect(cluster_url) as guard:
        guard.execute("SELECT pg_advisory_lock(7365)")
        guard.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        guard.commit()
        template.__enter__()
        prepare(template)
    return template
