"""One service for each HTTPS API, for all tests of a module that have people of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from api_transports import APIS, use
from caller import new_address
from certificates import Authority
from database import Database
from installation import Installation
from provider_api import ProviderApi
from provider_requests import Received
from service import Service


class Served:
    """One `rekey serve` whose only transport is one API, for tests with people of their own."""

    def __init__(self, name: str, api: ProviderApi, service: Service):
        self.name = name
        self.api = api
        self.service = service
        self.database = service.installation.database

    def ask(self) -> tuple[str, str]:
        """The id of a new request and its address."""
        address = new_address()
        return self.service.caller.accepted(address), address

    def status_of(self, request_id: str) -> str:
        return self.service.caller.status(request_id).json()["status"]

    def requests_for(self, address: str) -> list[Received]:
        return [one for one in self.api.received if one.mail and address in one.mail.recipients]


@pytest.fixture(scope="module", params=APIS)
def served(
    request: pytest.FixtureRequest, cluster_url: str, template: str, authority: Authority,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Served]:  # fmt: skip
    directory = tmp_path_factory.mktemp("served")
    api = ProviderApi(authority)
    with Database(cluster_url, template) as database:
        rekey = Installation(directory, database, None)
        use(rekey, api, request.param)
        yield Served(request.param, api, rekey.serve())
        rekey.close()
    api.close()
    assert api.faults == []
