"""One service for each HTTPS API, for all tests of a module that have people of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from api_transports import APIS, use
from certificates import Authority
from database import Database
from installation import Installation
from provider_api import ProviderApi
from served import Served


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
