"""`rekey migrate` brings a database to the schema once, and says what it would do."""

import threading
from collections.abc import Iterator

import pytest
from database import Database
from installation import run_binary


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
