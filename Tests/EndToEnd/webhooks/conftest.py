"""Services that tell a receiver of events, and to which providers report."""

from __future__ import annotations

from collections.abc import Iterator

import event_receiver
import pytest
from certificates import Authority
from database import Database
from hook_calls import PROVIDERS
from hooked import Hooked
from installation import Installation
from mail_server import Mailbox
from provider_api import ProviderApi
from service import Service


@pytest.fixture
def told(rekey: Installation, plain_api: ProviderApi) -> Service:
    """One `rekey serve` whose events go to the receiver."""
    return rekey.serve(**event_receiver.tell(rekey, plain_api))


@pytest.fixture(scope="module")
def hooked(
    cluster_url: str, template: str, authority: Authority,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Hooked]:  # fmt: skip
    directory = tmp_path_factory.mktemp("hooked")
    receiver = ProviderApi(authority, tls=False)
    providers = {one.name: one() for one in PROVIDERS}
    mailbox = Mailbox()
    with Database(cluster_url, template) as database:
        rekey = Installation(directory, database, mailbox)
        for one in providers.values():
            rekey.settings |= one.settings(directory)
        rekey.settings |= event_receiver.tell(rekey, receiver)
        yield Hooked(rekey.serve(), receiver, providers)
        rekey.close()
    mailbox.stop()
    receiver.close()
    assert receiver.faults == []
