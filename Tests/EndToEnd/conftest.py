"""What tests share: one cluster; a database, a mailbox and an installation for each test; and real
servers to talk to, each of which starts when a test first asks for it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from certificates import Authority
from cluster import Cluster, quick_directory, temporary_cluster
from database import Database, make_template
from installation import Installation, migrate_and_grant
from mail_server import Mailbox
from pgbouncer import PgBouncer
from postfix import Postfix
from provider_api import ProviderApi
from service import Service
from ses_server import SesServer
from smtp_tools import Sink


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deals what is marked as long to the beginning of each worker's share, so that no worker
    begins with it when the others are done. Shares are those of xdist's `--dist worksteal`."""
    workers: int = getattr(config, "workerinput", {}).get("workercount", 1)
    long = [item for item in items if item.get_closest_marker("long")]
    others = [item for item in items if item not in long]
    left = len(items)
    items.clear()
    for worker in range(workers):
        share = left // (workers - worker)
        left -= share
        first = long[worker::workers]
        rest = max(0, share - len(first))
        items += first + others[:rest]
        del others[:rest]
    items += others


@pytest.fixture(scope="session")
def cluster_url() -> Iterator[str]:
    """The superuser's URL of a cluster for all tests of a run; alone, a session makes its own."""
    given = os.environ.get("REKEY_TEST_DATABASE_URL")
    if given:
        yield given
        return
    cluster = temporary_cluster(quick_directory)
    yield cluster.url
    cluster.remove()


@pytest.fixture(scope="session")
def template(cluster_url: str) -> Iterator[str]:
    """The name of a migrated database to copy."""
    made = make_template(cluster_url, migrate_and_grant)
    yield made.name
    made.__exit__()


@pytest.fixture
def database(cluster_url: str, template: str) -> Iterator[Database]:
    with Database(cluster_url, template) as made:
        yield made


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    made = Mailbox()
    yield made
    made.stop()


@pytest.fixture
def rekey(tmp_path: Path, database: Database, mailbox: Mailbox) -> Iterator[Installation]:
    """An installation with nothing running yet; at the end everything stops with 0, logs clean."""
    made = Installation(tmp_path, database, mailbox)
    yield made
    made.close()


@pytest.fixture
def service(rekey: Installation) -> Service:
    """One `rekey serve` with its worker."""
    return rekey.serve()


@pytest.fixture(scope="module")
def shared(
    cluster_url: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """One `rekey serve` for all tests of a module, which keep out of each other's way."""
    directory = tmp_path_factory.mktemp("shared")
    mailbox = Mailbox()
    with Database(cluster_url, template) as database:
        installation = Installation(directory, database, mailbox)
        service = installation.serve()
        yield service
        installation.close()
    mailbox.stop()


@pytest.fixture
def own_cluster() -> Iterator[Cluster]:
    """A cluster that the test may stop, kill and read the files of."""
    made = temporary_cluster(quick_directory)
    yield made
    made.remove()


@pytest.fixture
def rekey_on_own_cluster(
    tmp_path: Path, own_cluster: Cluster, mailbox: Mailbox
) -> Iterator[Installation]:
    database = make_template(own_cluster.url, migrate_and_grant)
    made = Installation(tmp_path, database, mailbox)
    yield made
    made.close()


# Real peers


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Who signs the certificates of all peers."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def shared_postfix(authority: Authority) -> Iterator[Postfix]:
    made = Postfix(authority)
    yield made
    made.close()


@pytest.fixture
def postfix(shared_postfix: Postfix) -> Postfix:
    """One server for a whole run, whose policy is each test's own. Mails stay from before."""
    shared_postfix.policy.reset()
    return shared_postfix


@pytest.fixture(scope="session")
def ses(authority: Authority) -> Iterator[SesServer]:
    """One server for a whole run. What was sent stays from before."""
    made = SesServer(authority)
    yield made
    made.close()
    assert made.faults == [], made.faults


@pytest.fixture
def provider_api(authority: Authority) -> Iterator[ProviderApi]:
    """At the end no request may have been one that its provider would refuse."""
    made = ProviderApi(authority)
    yield made
    made.close()
    assert made.faults == [], made.faults


@pytest.fixture
def plain_api(authority: Authority) -> Iterator[ProviderApi]:
    """The same without TLS, as a receiver of events on this machine may be."""
    made = ProviderApi(authority, tls=False)
    yield made
    made.close()
    assert made.faults == [], made.faults


@pytest.fixture
def pgbouncer(cluster_url: str) -> Iterator[PgBouncer]:
    made = PgBouncer(cluster_url)
    yield made
    made.close()


@pytest.fixture
def smtp_sink() -> Iterator[Sink]:
    with Sink() as made:
        yield made
