"""Makes a token as the service does, from its keyring: an independent reading of the format.

`base64url(version ‖ purpose ‖ kid ‖ id ‖ mac)`; the MAC is HMAC-SHA-256 over length-prefixed fields
under a subkey that HKDF-SHA-256 (RFC 5869) derives for tokens alone.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import struct
import uuid
from pathlib import Path

RESET = 1


def signing_key(keyring: Path) -> bytes:
    lines = [line.split(" ") for line in keyring.read_text().splitlines()]
    (key,) = [base64.b64decode(line[1]) for line in lines if line[3:] == ["signing"]]
    return key


def mint(keyring: Path, request_id: uuid.UUID, purpose: int = RESET, version: int = 1) -> str:
    key = signing_key(keyring)
    kid = hashlib.sha256(key).digest()[:4]
    fields = [b"rekey token", bytes([version]), bytes([purpose]), kid, request_id.bytes]
    message = b"".join(struct.pack(">I", len(field)) + field for field in fields)
    mac = hmac.digest(_subkey(key, b"rekey/1 token"), message, "sha256")
    raw = bytes([version, purpose]) + kid + request_id.bytes + mac
    return base64.urlsafe_b64encode(raw).decode()


def _subkey(key: bytes, label: bytes) -> bytes:
    extracted = hmac.digest(bytes(32), key, "sha256")
    return hmac.digest(extracted, label + b"\1", "sha256")


def new_id(seconds: float) -> uuid.UUID:
    """A UUIDv7 of a moment, in seconds since 1970."""
    raw = bytearray(int(seconds * 1000).to_bytes(6, "big") + secrets.token_bytes(10))
    raw[6] = raw[6] & 0x0F | 0x70
    raw[8] = raw[8] & 0x3F | 0x80
    return uuid.UUID(bytes=bytes(raw))
