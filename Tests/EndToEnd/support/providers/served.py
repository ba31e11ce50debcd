"""A service whose mails go by one HTTPS API."""

from __future__ import annotations

from caller import new_address
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
