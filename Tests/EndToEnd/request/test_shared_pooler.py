"""The directory's query goes over server connections that the main app shares, by a pooler that
lends them for one transaction at a time. Whatever becomes of a question, the app finds nothing of
it on its connection."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from installation import Installation
from outbox_rows import retried
from pgbouncer import PgBouncer
from polling import eventually
from service import Service

SETTINGS = (
    "default_transaction_read_only", "transaction_read_only", "statement_timeout", "lock_timeout",
    "idle_in_transaction_session_timeout", "search_path", "synchronous_commit",
    "default_transaction_isolation", "client_connection_check_interval", "TimeZone",
    "application_name", "client_encoding", "DateStyle", "standard_conforming_strings",
)  # fmt: skip
# The server is what is slow for `slow`: longer than any question may take.
QUERY = """
SELECT id, email FROM public.users
WHERE lower(email) = lower($1)
  AND CASE WHEN $1 LIKE 'broken%' THEN 1 / (id - id)
           WHEN $1 LIKE 'slow%' THEN length(pg_sleep(60)::text)
           ELSE 1 END IS NOT NULL
"""
# Also what the query itself would leave behind.
GREEDY = QUERY + "".join(
    f" AND set_config('{name}', '{value}', false) IS NOT NULL"
    for name, value in (
        ("default_transaction_read_only", "on"), ("statement_timeout", "7s"),
        ("search_path", "pg_catalog"),
    )
)  # fmt: skip
RUNNING = "SELECT pid FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%rekey_account%'"
QUESTION = RUNNING + " AND pid <> pg_backend_pid()"


@dataclass
class App:
    """The main app, which has the pooler's one connection between two questions."""

    rekey: Installation
    session: psycopg.Connection
    before: dict[str, Any]

    def settings(self) -> dict[str, Any]:
        return settings_of(self.session)

    def write(self) -> None:
        self.session.execute("INSERT INTO public.users VALUES (0, 'written@example.test')")

    def end_question(self, function: str) -> None:
        """Ends the question that runs now, from the server's side."""
        (row,) = eventually(lambda: self.rekey.database.rows(QUESTION), "a question")
        self.rekey.database.execute(f"SELECT {function}(%s)", [row["pid"]])


def settings_of(session: psycopg.Connection) -> dict[str, Any]:
    calls = ", ".join(f"current_setting('{name}')" for name in SETTINGS)
    row = session.execute(f"SELECT {calls}").fetchone()
    assert row is not None
    return dict(zip(SETTINGS, row, strict=True))


@pytest.fixture(params=[QUERY, GREEDY], ids=["plain", "greedy"])
def app(rekey: Installation, cluster_url: str, request: pytest.FixtureRequest) -> Iterator[App]:
    rekey.database.execute(
        "CREATE TABLE public.users (id int, email text);"
        "GRANT SELECT, INSERT ON public.users TO rekey_test_all;"
        "INSERT INTO public.users VALUES (1, 'ada@example.test'), (2, 'broken@example.test'),"
        " (3, 'slow@example.test')"
    )
    pooler = PgBouncer(cluster_url, pool_size=1)
    url = pooler.through(rekey.settings["REKEY_DATABASE_URL"])
    rekey.settings |= {
        "REKEY_ACCOUNTS_MODE": "sql",
        "REKEY_ACCOUNTS_DATABASE_URL": url,
        "REKEY_ACCOUNTS_QUERY": request.param,
    }
    with psycopg.connect(url, autocommit=True, prepare_threshold=None) as session:
        yield App(rekey, session, settings_of(session))
    assert [pool["sv_idle"] for pool in pooler.show("POOLS") if pool["sv_idle"]] in ([], [1])
    pooler.close()


def found(app: App, service: Service) -> None:
    service.caller.accepted("ada@example.test")
    app.rekey.mailbox.mail_to("ada@example.test")


def none(app: App, service: Service) -> None:
    request_id = service.caller.accepted("nobody@example.test")
    eventually(lambda: service.caller.status(request_id).json()["status"] == "dropped", "dropped")


def fails(address: str, cause: str) -> Callable[[App, Service], None]:
    def act(app: App, service: Service) -> None:
        row = retried(app.rekey.database, service.caller.accepted(address))
        assert row["last_error"] == f"directory_{cause}"

    return act


def locked(app: App, service: Service) -> None:
    with app.rekey.database.connect(autocommit=False) as holder:
        holder.execute("LOCK TABLE public.users")
        fails("ada@example.test", "sql_55P03")(app, service)


def ended(function: str) -> Callable[[App, Service], None]:
    def act(app: App, service: Service) -> None:
        request_id = service.caller.accepted("slow@example.test")
        app.end_question(function)
        retried(app.rekey.database, request_id)

    return act


def killed(app: App, service: Service) -> None:
    service.caller.accepted("slow@example.test")
    eventually(lambda: app.rekey.database.rows(QUESTION), "a question")
    service.kill()


def stopped(app: App, service: Service) -> None:
    service.caller.accepted("slow@example.test")
    eventually(lambda: app.rekey.database.rows(QUESTION), "a question")
    service.stop()


QUESTIONS = {
    "found": found,
    "no account": none,
    "broken": fails("broken@example.test", "sql_22012"),
    "too slow": fails("slow@example.test", "sql_57014"),
    "locked": locked,
    "cancelled": ended("pg_cancel_backend"),
    "connection ended": ended("pg_terminate_backend"),
    "killed": killed,
    "stopped": stopped,
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_leaves_nothing_on_the_connection_of_the_main_app(app: App, question: str):
    service = app.rekey.serve()
    QUESTIONS[question](app, service)
    assert app.settings() == app.before
    app.write()


def test_questions_and_the_main_apps_transactions_take_turns(app: App):
    service = app.rekey.serve()
    for number in range(10, 30):
        with app.session.transaction():
            app.session.execute(
                "INSERT INTO public.users VALUES (%s, %s)", [number, f"p{number}@example.test"]
            )
        service.caller.accepted(f"p{number}@example.test")
        assert app.settings() == app.before
    for number in range(10, 30):
        app.rekey.mailbox.mail_to(f"p{number}@example.test")
    assert app.settings() == app.before
    app.write()
