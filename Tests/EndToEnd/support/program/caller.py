"""The main app's side of the contract: its calls, with its key."""

from __future__ import annotations

import itertools
import json
from typing import Any

from http_client import Answer, send

_numbers = itertools.count(1)


def new_address(domain: str = "example.test") -> str:
    """An address that no other call in this process has been given."""
    return f"person-{next(_numbers)}@{domain}"


class Caller:
    def __init__(self, internal: tuple[str, int], key: str, seen: set[str]):
        self.internal = internal
        self.key = key
        self._seen = seen

    def post(
        self, path: str, body: Any, *, idempotency_key: str | None = None, **headers: str
    ) -> Answer:
        """A body that is not text or bytes already is written as JSON."""
        sent = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        if idempotency_key is not None:
            sent["Idempotency-Key"] = idempotency_key
        sent.update({name.replace("_", "-"): value for name, value in headers.items()})
        raw = body if isinstance(body, bytes | str) else json.dumps(body)
        return send(self.internal, "POST", path, raw, sent)

    def request(self, email: str, *, idempotency_key: str | None = None, **fields: Any) -> Answer:
        self._remember(email, fields)
        body = {"email": email, **fields}
        return self.post("/reset/request", body, idempotency_key=idempotency_key)

    def accepted(self, email: str, **fields: Any) -> str:
        """The id of a request that must be accepted."""
        answer = self.request(email, **fields)
        assert answer.status == 202, (answer.status, answer.text)
        body = answer.json()
        assert set(body) == {"request_id", "status"}, body
        assert body["status"] == "accepted"
        return body["request_id"]

    def verify(self, token: str) -> Answer:
        return self.post("/reset/verify", {"token": token})

    def consume(self, token: str, *, idempotency_key: str | None = None, **fields: Any) -> Answer:
        body = {"token": token, **fields}
        return self.post("/reset/consume", body, idempotency_key=idempotency_key)

    def invalidate(self, **fields: Any) -> Answer:
        return self.post("/reset/invalidate", fields)

    def status(self, request_id: str) -> Answer:
        authorization = {"Authorization": f"Bearer {self.key}"}
        return send(self.internal, "GET", f"/reset/requests/{request_id}", headers=authorization)

    def _remember(self, email: str, fields: dict[str, Any]) -> None:
        """Addresses that were used must not show up in any log."""
        account = fields.get("account")
        stored = account.get("email") if isinstance(account, dict) else None
        for address in (email, stored):
            if isinstance(address, str) and "@" in address and len(address) > 5:
                self._seen.add(address)
