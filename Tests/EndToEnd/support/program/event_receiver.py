"""A main app that wants to know: its settings, and what it has been told."""

from __future__ import annotations

import json
from typing import Any

import outbox_rows
from caller import new_address
from installation import Installation
from polling import eventually
from provider_api import ProviderApi
from provider_requests import Received
from service import Service

PATH = "/webhook"


def tell(rekey: Installation, api: ProviderApi, path: str = PATH) -> dict[str, str]:
    """The settings of a service whose events go to this receiver."""
    file = rekey.directory / f"events-{api.port}"
    rekey.seen |= set(api.webhook_secrets)
    return {
        "REKEY_EVENTS_URL": api.address + path,
        "REKEY_EVENTS_SECRET_FILE": api.write_webhook_secrets(file),
    }


def taken(api: ProviderApi, request_id: str | None = None) -> list[dict[str, Any]]:
    """The events that were taken, in their order, of one request or of all."""
    bodies = [json.loads(one.body) for one in api.taken if one.path.startswith(PATH)]
    return [one for one in bodies if request_id in (None, one["data"]["request_id"])]


def event(api: ProviderApi, kind: str, request_id: str, deadline: float = 15.0) -> dict[str, Any]:
    """The one event of a kind about a request, once it is there: its data."""

    def look() -> list[dict[str, Any]]:
        return [one for one in taken(api, request_id) if one["type"] == kind]

    found = eventually(look, f"{kind} of {request_id}", deadline)
    assert len(found) == 1
    return found[0]["data"]


def calls(api: ProviderApi) -> list[Received]:
    """Every call with an event, taken or not."""
    return [one for one in api.received if one.path.startswith(PATH)]


def waiting(rekey: Installation) -> list[dict[str, Any]]:
    """The events that have not been delivered."""
    return rekey.database.rows("SELECT * FROM rekey.outbox WHERE kind = 'event' ORDER BY id")


def mailed(service: Service, **fields: Any) -> tuple[str, str, str]:
    """The id of a request, its address, and the token that arrived."""
    address = new_address()
    request_id = service.caller.accepted(address, **fields)
    stored = fields["account"]["email"] if "account" in fields else address
    token = service.installation.mailbox.mail_to(stored).token
    outbox_rows.ended(service.installation.database, request_id)
    return request_id, stored, token
