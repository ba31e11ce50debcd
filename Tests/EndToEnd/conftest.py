"""What tests share: one cluster; a database, a mailbox and an installation for each test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from cluster import Cluster, temporary_cluster
from database import Database, make_template
from installation import Installation, migrate_and_grant
from mail_server import Mailbox
from peers import (  # noqa: F401 (tests find fixtures here by their names)
    authority,
    pgbouncer,
    plain_api,
    postfix,
    provider_api,
    ses,
    shared_postfix,
    smtp_sink,
)
from served import served  # noqa: F401 (so too)
from service import Service


@pytest.fixture(scope="session")
def cluster_url() -> Iterator[str]:
    """The superuser's URL of a cluster for all tests of a run; alone, a session makes its own."""
    given = os.environ.get("REKEY_TEST_DATABASE_URL")
    if given:
        yield given
        return
    cluster = temporary_cluster()
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
    made = temporary_cluster()
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
