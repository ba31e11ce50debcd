"""`rekey migrate` brings a database to the schema once, and says what it would do."""

import json
import signal
import subprocess
import threading
from collections.abc import Iterator

import pytest
from database import Database
from installation import BINARY, Installation, run_binary


@pytest.fixture
def empty(cluster_url: str) -> Iterator[Database]:
    with Database(cluster_url) as made:
        yield made


def migrate(database: Database, *arguments: str):
    return run_binary("migrate", *arguments, environment={"REKEY_DATABASE_URL": database.owner_url})


def test_a_dry_run_and_a_status_change_nothing(empty: Database):
    """The status is 1 while something is pending, so that a deployment can ask."""
    for option, code in (("--dry-run", 0), ("--status", 1)):
        done = migrate(empty, option)
        assert done.returncode == code, done.stderr
        assert "0001" in done.stdout
    assert empty.value("SELECT to_regnamespace('rekey') IS NULL")
    migrate(empty)
    assert migrate(empty, "--status").returncode == 0


def test_twice_changes_nothing(empty: Database):
    first = migrate(empty)
    assert first.returncode == 0, first.stderr
    before = empty.rows("SELECT * FROM rekey.schema_version ORDER BY version")
    assert migrate(empty).returncode == 0
    assert empty.rows("SELECT * FROM rekey.schema_version ORDER BY version") == before


def test_a_newer_schema_is_left_alone(empty: Database):
    migrate(empty)
    empty.execute("INSERT INTO rekey.schema_version (version, name) VALUES (9999, 'future')")
    for option in ([], ["--dry-run"]):
        done = migrate(empty, *option)
        assert (done.returncode, done.stdout) == (1, "")
        assert "9999" in done.stderr
    assert migrate(empty, "--status").returncode == 1


def test_a_database_that_is_not_utf_8_is_refused(cluster_url: str):
    with Database(cluster_url) as database:
        database.administer(f"DROP DATABASE {database.name}")
        database.administer(
            f"CREATE DATABASE {database.name} ENCODING 'SQL_ASCII' TEMPLATE template0 LOCALE 'C'"
        )
        done = migrate(database)
        assert done.returncode == 1
        assert "UTF" in done.stderr
        assert database.value("SELECT to_regnamespace('rekey') IS NULL")


def test_two_at_once_are_both_content(empty: Database):
    codes: list[int] = []
    both = [threading.Thread(target=lambda: codes.append(migrate(empty).returncode)) for _ in "ab"]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert codes == [0, 0]


def test_it_waits_for_a_lock_and_leaves_nothing_when_it_is_killed(empty: Database):
    with empty.connect(autocommit=False) as holder:
        holder.execute("CREATE SCHEMA rekey")
        running = subprocess.Popen(
            [str(BINARY), "migrate"], env={"REKEY_DATABASE_URL": empty.owner_url},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            assert running.stderr is not None
            for line in running.stderr:
                if "waiting: a session holds a lock" in line:
                    break
        finally:
            running.kill()
        assert running.wait() == -signal.SIGKILL
        assert running.communicate()[0] == ""
        holder.rollback()
    assert empty.value("SELECT to_regnamespace('rekey') IS NULL")
    assert migrate(empty).returncode == 0


def test_the_locks_are_told_before_anything_is_done(empty: Database):
    told = "0001_reset_flow locks none; "
    assert migrate(empty, "--dry-run").stdout.splitlines()[1].startswith("  locks none; ")
    status = json.loads(migrate(empty, "--status", "--json").stdout)
    (pending,) = status.pop("pending")
    assert status == {"schema": 0, "newest": 1, "begun": None}
    assert pending["migration"] == "0001_reset_flow"
    assert all(lock.startswith("none; ") for lock in pending["locks"])
    done = migrate(empty, "--json")
    assert json.loads(done.stdout) == {"applied": ["0001_reset_flow"]}
    first, second = done.stderr.splitlines()
    assert first.startswith(told)
    assert second == "applying 0001_reset_flow"
    assert json.loads(migrate(empty, "--json").stdout) == {"applied": []}


FORMER = """
DROP SCHEMA rekey CASCADE;
CREATE SCHEMA rekey;
CREATE TABLE rekey.schema_version (
  version integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now());
INSERT INTO rekey.schema_version (version, name) VALUES (1, 'reset_flow'), (2, 'delivery');
CREATE TABLE rekey.reset_request (id uuid NOT NULL PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE rekey.reset_request_default PARTITION OF rekey.reset_request DEFAULT;
"""


def test_a_database_of_0_1_0_is_refused_and_left_as_it_is(rekey: Installation):
    tables = (
        "SELECT c.oid, c.relname, c.relkind FROM pg_class c"
        " WHERE c.relnamespace = 'rekey'::regnamespace ORDER BY c.oid"
    )
    for statement in FORMER.strip().split(";\n"):
        rekey.database.execute(statement.rstrip(";"))
    before = rekey.database.rows(tables)
    for command in (
        ["migrate"], ["migrate", "--status"], ["migrate", "--dry-run"], ["serve"], ["work"],
    ):  # fmt: skip
        done = rekey.run(*command)
        assert (done.returncode, done.stdout) == (1, ""), command
        (line,) = [line for line in done.stderr.splitlines() if "0.1.0" in line]
        assert line.startswith("rekey: database: made by rekey 0.1.0")
        assert "DROP SCHEMA rekey CASCADE" in line
    assert rekey.database.rows(tables) == before
    assert rekey.database.count("schema_version") == 2
