"""Faults of the database are 503 within the deadline, never a verdict, and pass by themselves."""

import time
from urllib.parse import urlsplit, urlunsplit

import pytest
from caller import new_address
from cluster import Cluster
from http_client import Answer
from installation import Installation
from polling import eventually
from proxy import Proxy
from service import Service, mailed_token

DEADLINE = 10.0


def check_unavailable(service: Service, token: str) -> None:
    """Each call answers in time that it cannot know."""
    calls = [
        lambda: service.caller.request(new_address()),
        lambda: service.caller.verify(token),
        lambda: service.caller.consume(token),
        lambda: service.caller.invalidate(account_id="1"),
        lambda: service.open_link(token),
        service.ready,
    ]
    for call in calls:
        started = time.monotonic()
        answer: Answer = call()
        assert time.monotonic() - started < DEADLINE
        assert answer.status == 503
        assert int(answer.header("retry-after")) > 0
    assert service.alive().status == 200


def check_recovered(service: Service, token: str, pid: int) -> None:
    service.wait_until_ready(15)
    assert service.pid == pid
    eventually(lambda: service.caller.verify(token).status == 200, "verify works again", 15)
    address = new_address()
    service.caller.accepted(address)
    service.installation.mailbox.mail_to(address)
    assert service.caller.consume(token).status == 200


def test_a_stopped_database_is_503_until_it_is_back(
    rekey_on_own_cluster: Installation, own_cluster: Cluster
):
    service = rekey_on_own_cluster.serve()
    token, pid = mailed_token(service), service.pid
    own_cluster.stop()
    check_unavailable(service, token)
    own_cluster.start()
    check_recovered(service, token, pid)


def test_a_forged_token_is_refused_even_while_the_database_is_away(
    rekey_on_own_cluster: Installation, own_cluster: Cluster
):
    service = rekey_on_own_cluster.serve()
    own_cluster.stop()
    assert service.caller.consume("x" * 72).code == "token_invalid"
    assert service.open_link("x" * 72).status == 404
    own_cluster.start()


def test_it_starts_while_the_database_is_away_or_says_why_not(
    rekey_on_own_cluster: Installation, own_cluster: Cluster
):
    rekey = rekey_on_own_cluster
    own_cluster.stop()
    service = rekey.launch("serve")
    eventually(
        lambda: service.process.poll() is not None or _answers(service), "an end or an answer"
    )
    own_cluster.start()
    if service.process.poll() is None:
        service.wait_until_ready()
    else:
        assert service.process.returncode == 1
        service.killed = True


def _answers(service: Service) -> bool:
    try:
        return service.ready().status == 503
    except OSError:
        return False


def test_cut_connections_heal(rekey: Installation):
    service = rekey.serve()
    token, pid = mailed_token(service), service.pid
    for _ in range(3):
        rekey.database.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        answer = service.caller.verify(token)
        assert answer.status in (200, 503)
    check_recovered(service, token, pid)


def test_when_no_connection_is_to_be_had_it_is_503_and_alive(rekey: Installation):
    service = rekey.serve()
    token, pid = mailed_token(service), service.pid
    name = rekey.database.name
    rekey.database.administer(f"ALTER DATABASE {name} WITH CONNECTION LIMIT 0")
    rekey.database.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    eventually(lambda: service.ready().status == 503, "not ready")
    check_unavailable(service, token)
    rekey.database.administer(f"ALTER DATABASE {name} WITH CONNECTION LIMIT -1")
    check_recovered(service, token, pid)


@pytest.mark.long
@pytest.mark.timeout(240)
def test_a_silent_network_is_503_within_the_deadline(rekey: Installation):
    parts = urlsplit(rekey.settings["REKEY_DATABASE_URL"])
    proxy = Proxy((parts.hostname or "", parts.port or 0))
    place = f"{parts.username}:{parts.password}@127.0.0.1:{proxy.port}"
    service = rekey.serve(REKEY_DATABASE_URL=urlunsplit(parts._replace(netloc=place)))
    token, pid = mailed_token(service), service.pid
    proxy.go_silent()
    check_unavailable(service, token)
    proxy.flow()
    proxy.cut()
    check_recovered(service, token, pid)
    service.stop()
    proxy.close()


def test_a_locked_table_is_503_by_the_lock_timeout(rekey: Installation):
    service = rekey.serve("--no-worker")
    with rekey.database.connect(autocommit=False) as connection:
        connection.execute("LOCK TABLE rekey.rate_limit IN ACCESS EXCLUSIVE MODE")
        started = time.monotonic()
        answer = service.caller.request(new_address())
        assert time.monotonic() - started < DEADLINE
        assert (answer.status, answer.code) == (503, "unavailable")
        assert answer.header("retry-after")
    service.caller.accepted(new_address())


def test_a_read_only_database_is_not_ready(rekey: Installation):
    service = rekey.serve()
    rekey.database.execute(
        f"ALTER DATABASE {rekey.database.name} SET default_transaction_read_only = on"
    )
    rekey.database.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    eventually(lambda: service.ready().status == 503, "not ready")
    answer = service.caller.request(new_address())
    assert (answer.status, answer.code) == (503, "unavailable")
    with rekey.database.connect() as connection:
        connection.execute("SET default_transaction_read_only = off")
        connection.execute(
            f"ALTER DATABASE {rekey.database.name} RESET default_transaction_read_only"
        )
    rekey.database.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    service.wait_until_ready()


def test_without_durability_it_is_not_ready_or_asks_for_it_itself(
    rekey_on_own_cluster: Installation,
):
    rekey = rekey_on_own_cluster
    rekey.database.administer("ALTER SYSTEM SET fsync = off")
    rekey.database.administer("SELECT pg_reload_conf()")
    service = rekey.launch("serve")
    eventually(lambda: _answers(service), "readiness 503")
    assert "durab" in service.ready().text


@pytest.mark.parametrize(
    ("statement", "version"),
    [
        ("INSERT INTO rekey.schema_version (version, name) VALUES (9999, 'future')", "9999"),
        ("DELETE FROM rekey.schema_version", "0"),
    ],
)
def test_another_schema_version_is_not_ready_and_writes_nothing(
    rekey: Installation, statement: str, version: str
):
    rekey.database.execute(statement)
    service = rekey.launch("serve")
    eventually(
        lambda: service.process.poll() is not None or _answers(service), "an end or readiness 503"
    )
    if service.process.poll() is None:
        assert service.caller.request(new_address()).status == 503
        assert version in service.ready().text
    else:
        service.killed = True
        assert version in service.log.read_text()
    assert rekey.database.count("reset_request") == 0
