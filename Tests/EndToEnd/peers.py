"""Fixtures of the real peers: each starts when a test first asks for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from certificates import Authority
from pgbouncer import PgBouncer
from postfix import Postfix
from provider_api import ProviderApi
from ses_server import SesServer
from smtp_tools import Sink


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
