"""The calls that mail providers make to say what became of a mail, signed as they sign them.

Each is written from the provider's published reference.
"""

from __future__ import annotations

import base64
import datetime
import hmac
import itertools
import json
import secrets
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

_numbers = itertools.count(1)
TOPIC = "arn:aws:sns:eu-central-1:123456789012:rekey"


@dataclass(frozen=True)
class Call:
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


def _private(file: Path, text: str | bytes) -> str:
    file.touch(0o600)
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return str(file)


class SendGrid:
    """Batches of events; ECDSA over the timestamp and the body."""

    name = "sendgrid"

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())

    def settings(self, directory: Path) -> dict[str, str]:
        public = self.key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        file = _private(directory / "sendgrid", base64.b64encode(public).decode() + "\n")
        return {"REKEY_HOOKS_SENDGRID_KEY_FILE": file}

    def event(self, kind: str, address: str, request_id: str, **more: Any) -> dict[str, Any]:
        return {
            "email": address, "timestamp": int(time.time()), "event": kind,
            "sg_event_id": secrets.token_urlsafe(16), "sg_message_id": "x.filter0001",
            "rekey_request": request_id, **more,
        }  # fmt: skip

    def batch(self, *events: dict[str, Any], age: int = 0) -> Call:
        return self.signed(json.dumps(events).encode(), age)

    def signed(self, body: bytes, age: int = 0) -> Call:
        moment = str(int(time.time()) - age)
        signature = self.key.sign(moment.encode() + body, ec.ECDSA(hashes.SHA256()))
        prefix = "X-Twilio-Email-Event-Webhook-"
        return Call(body, {
            prefix + "Signature": base64.b64encode(signature).decode(),
            prefix + "Timestamp": moment, "Content-Type": "application/json",
        })  # fmt: skip

    def bounce(self, address: str, request_id: str, age: int = 0) -> Call:
        reason = {"type": "bounce", "reason": "550 5.1.1 unknown", "status": "5.1.1"}
        return self.batch(self.event("bounce", address, request_id, **reason), age=age)

    def complaint(self, address: str, request_id: str) -> Call:
        return self.batch(self.event("spamreport", address, request_id))

    def passing(self, address: str, request_id: str) -> Call:
        """What says nothing of the address."""
        return self.batch(
            self.event("delivered", address, request_id),
            self.event("bounce", address, request_id, type="blocked"),
            self.event("deferred", address, request_id),
        )

    def forged(self, address: str, request_id: str) -> Call:
        return SendGrid().bounce(address, request_id)


class Mailgun:
    """One event a call; HMAC over a timestamp and a token."""

    name = "mailgun"

    def __init__(self) -> None:
        self.key = f"key-{secrets.token_hex(16)}"

    def settings(self, directory: Path) -> dict[str, str]:
        file = _private(directory / "mailgun", f"{secrets.token_hex(16)}\n{self.key}\n")
        return {"REKEY_HOOKS_MAILGUN_KEY_FILE": file}

    def call(self, event: dict[str, Any], age: int = 0) -> Call:
        moment, token = str(int(time.time()) - age), secrets.token_hex(25)
        signature = hmac.new(self.key.encode(), (moment + token).encode(), "sha256").hexdigest()
        proof = {"timestamp": moment, "token": token, "signature": signature}
        body = {"signature": proof, "event-data": event}
        return Call(json.dumps(body).encode(), {"Content-Type": "application/json"})

    def event(self, kind: str, address: str, request_id: str, **more: Any) -> dict[str, Any]:
        return {
            "event": kind, "recipient": address, "timestamp": time.time(),
            "id": secrets.token_urlsafe(16), "user-variables": {"rekey_request": request_id},
            **more,
        }  # fmt: skip

    def bounce(self, address: str, request_id: str, age: int = 0) -> Call:
        more = {"severity": "permanent", "reason": "bounce"}
        return self.call(self.event("failed", address, request_id, **more), age)

    def complaint(self, address: str, request_id: str) -> Call:
        return self.call(self.event("complained", address, request_id))

    def passing(self, address: str, request_id: str) -> Call:
        return self.call(self.event("failed", address, request_id, severity="temporary"))

    def forged(self, address: str, request_id: str) -> Call:
        return Mailgun().bounce(address, request_id)


class Postmark:
    """One record a call; a name and a password, and no time."""

    name = "postmark"

    def __init__(self) -> None:
        self.login = f"rekey:{secrets.token_hex(16)}"

    def settings(self, directory: Path) -> dict[str, str]:
        return {
            "REKEY_HOOKS_POSTMARK_KEY_FILE": _private(directory / "postmark", self.login + "\n")
        }

    def call(self, record: dict[str, Any]) -> Call:
        return Call(json.dumps(record).encode(), {
            "Authorization": "Basic " + base64.b64encode(self.login.encode()).decode(),
            "Content-Type": "application/json",
        })  # fmt: skip

    def record(self, kind: str, address: str, request_id: str, **more: Any) -> dict[str, Any]:
        return {
            "RecordType": kind, "ID": 4_000_000_000 + next(_numbers), "Email": address,
            "MessageID": secrets.token_hex(16), "Metadata": {"rekey_request": request_id}, **more,
        }  # fmt: skip

    def bounce(self, address: str, request_id: str, age: int = 0) -> Call:
        return self.call(self.record("Bounce", address, request_id, Type="HardBounce", TypeCode=1))

    def complaint(self, address: str, request_id: str) -> Call:
        return self.call(self.record("SpamComplaint", address, request_id, Type="SpamComplaint"))

    def passing(self, address: str, request_id: str) -> Call:
        return self.call(self.record("Bounce", address, request_id, Type="SoftBounce"))

    def forged(self, address: str, request_id: str) -> Call:
        return Postmark().bounce(address, request_id)


class Ses:
    """Events of SES in messages of SNS; RSA over some of the members."""

    name = "ses"

    def __init__(self, version: str = "2") -> None:
        self.version = version
        self.key = rsa.generate_private_key(65537, 2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
        today = datetime.datetime.now(datetime.timezone.utc)
        self.certificate = (
            x509.CertificateBuilder().subject_name(name).issuer_name(name)
            .public_key(self.key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(today - datetime.timedelta(days=2))
            .not_valid_after(today + datetime.timedelta(days=2))
            .sign(self.key, hashes.SHA256())
        )  # fmt: skip

    def settings(self, directory: Path) -> dict[str, str]:
        pem = self.certificate.public_bytes(serialization.Encoding.PEM)
        return {
            "REKEY_HOOKS_SES_TOPICS": f"arn:aws:sns:us-east-1:1:other {TOPIC}",
            "REKEY_HOOKS_SES_CERTIFICATE_FILE": _private(directory / "sns.pem", pem),
        }

    def message(self, event: dict[str, Any], topic: str = TOPIC, age: int = 0) -> Call:
        moment = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=age)
        body = {
            "Type": "Notification", "MessageId": secrets.token_hex(16), "TopicArn": topic,
            "Subject": "Amazon SES Email Event Notification", "Message": json.dumps(event),
            "Timestamp": moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
            "SignatureVersion": self.version, "SigningCertURL": "https://elsewhere.example/x.pem",
        }  # fmt: skip
        names = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
        signed = "".join(f"{name}\n{body[name]}\n" for name in names).encode()
        digest = hashes.SHA256() if self.version == "2" else hashes.SHA1()
        signature = self.key.sign(signed, padding.PKCS1v15(), digest)
        body["Signature"] = base64.b64encode(signature).decode()
        return Call(json.dumps(body).encode(), {"Content-Type": "text/plain; charset=UTF-8"})

    def _tags(self, request_id: str) -> dict[str, Any]:
        return {"tags": {"rekey_request": [request_id]}, "messageId": secrets.token_hex(16)}

    def bounce(self, address: str, request_id: str, age: int = 0, kind: str = "Permanent") -> Call:
        return self.message({
            "eventType": "Bounce", "mail": self._tags(request_id),
            "bounce": {
                "bounceType": kind, "bounceSubType": "General",
                "feedbackId": secrets.token_hex(16),
                "bouncedRecipients": [{"emailAddress": address, "status": "5.1.1"}],
            },
        }, age=age)  # fmt: skip

    def complaint(self, address: str, request_id: str) -> Call:
        return self.message({
            "eventType": "Complaint", "mail": self._tags(request_id),
            "complaint": {
                "feedbackId": secrets.token_hex(16), "complaintFeedbackType": "abuse",
                "complainedRecipients": [{"emailAddress": address}],
            },
        })  # fmt: skip

    def passing(self, address: str, request_id: str) -> Call:
        return self.bounce(address, request_id, kind="Transient")

    def forged(self, address: str, request_id: str) -> Call:
        return Ses().bounce(address, request_id)


PROVIDERS = (SendGrid, Mailgun, Postmark, Ses)
