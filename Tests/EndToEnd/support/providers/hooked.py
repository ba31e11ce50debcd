"""A service to which all four providers report, with a receiver of its events."""

from __future__ import annotations

import outbox_rows
from caller import new_address
from hook_calls import PROVIDERS, Call
from http_client import Answer, send
from provider_api import ProviderApi
from service import Service


class Hooked:
    """One `rekey serve` for tests with people of their own."""

    def __init__(self, service: Service, receiver: ProviderApi, providers: dict):
        self.service = service
        self.receiver = receiver
        self.providers = providers
        self.database = service.installation.database

    def mailed(self) -> tuple[str, str]:
        """The id and the address of a request whose mail a provider has taken."""
        address = new_address()
        request_id = self.service.caller.accepted(address)
        self.service.installation.mailbox.mail_to(address)
        outbox_rows.ended(self.database, request_id)
        return request_id, address

    def is_suppressed(self, address: str) -> bool:
        """Asks once more, which is accepted as always."""
        before = len(self.service.installation.mailbox.mails_to(address))
        request_id = self.service.caller.accepted(address)
        outbox_rows.ended(self.database, request_id)
        state = self.service.caller.status(request_id).json()
        mails = len(self.service.installation.mailbox.mails_to(address)) - before
        assert (state["status"], mails) in (("dropped", 0), ("sent", 1))
        assert state["status"] == "sent" or state["reason"] == "suppressed"
        return mails == 0


def report(service: Service, name: str, call: Call) -> Answer:
    return send(service.public, "POST", f"/hooks/{name}", call.body, call.headers)


NAMES = [one.name for one in PROVIDERS]
