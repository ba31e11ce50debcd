"""Verifies Standard Webhooks: HMAC-SHA-256 over id, time and body, for any of some secrets."""

from __future__ import annotations

import base64
import hmac
import secrets
import time
from collections.abc import Mapping, Sequence

PREFIX = "whsec_"
TOLERANCE = 300


def new_secret() -> str:
    """As the specification writes one: a prefix, then base64 of 32 random bytes."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def signature(secret: str, name: str, moment: str, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    signed = f"{name}.{moment}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()


def verify(known: Sequence[str], headers: Mapping[str, str], body: bytes) -> list[str]:
    """The secrets that made its signatures, in the order of these; none if it is not genuine."""
    name = headers.get("webhook-id", "")
    moment = headers.get("webhook-timestamp", "")
    is_fresh = moment.isascii() and moment.isdigit() and abs(int(moment) - time.time()) < TOLERANCE
    if not name or "." in name or not is_fresh:
        return []
    by_signature = {signature(secret, name, moment, body): secret for secret in known}
    sent = headers.get("webhook-signature", "").split(" ")
    return [by_signature[one] for one in sent if one in by_signature]
