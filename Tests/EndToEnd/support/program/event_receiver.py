"""A main app that wants to know: its settings, and what it has been told."""

from __future__ import annotations

import json
from typing import Any

from installation import Installation
from polling import eventually
from provider_api import ProviderApi
from provider_requests import Received

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
