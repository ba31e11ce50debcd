"""How each mail provider knows who may ask, and how it answers what is in order and what is not."""

from __future__ import annotations

import base64
import json
import re
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from provider_requests import (
    Received,
    read_mailgun,
    read_postmark,
    read_resend,
    read_sendgrid,
    read_ses,
    read_webhook,
)


@dataclass(frozen=True)
class Answer:
    """What a request is answered with. A body that is not bytes already is written as JSON."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def data(self) -> bytes:
        if self.body is None:
            return b""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass(frozen=True)
class Provider:
    """`refusal` is the answer to a bad key; `understand` fills in the rest of a request."""

    name: str
    path: re.Pattern[str]
    content_type: str
    is_authorized: Callable[[dict[str, str], str], bool]
    understand: Callable[[Received], None]
    accepted: Callable[[Received], Answer]
    refusal: Answer
    fault: Callable[[str], Answer]


def _bearer(headers: dict[str, str], key: str) -> bool:
    return headers.get("authorization") == f"Bearer {key}"


def _basic(headers: dict[str, str], key: str) -> bool:
    expected = base64.b64encode(f"api:{key}".encode()).decode()
    return headers.get("authorization") == f"Basic {expected}"


def _postmark_token(headers: dict[str, str], key: str) -> bool:
    return headers.get("x-postmark-server-token") == key


def _signed(headers: dict[str, str], _: str) -> bool:
    """Whether the signature is right is asked of Amazon's own stand-in."""
    return headers.get("authorization", "").startswith("AWS4-HMAC-SHA256 Credential=")


def _error(message: str) -> Answer:
    return Answer(400, {"errors": [{"message": message, "field": None, "help": None}]})


PROVIDERS = (
    Provider(
        "sendgrid", re.compile(r"/v3/mail/send"), "application/json", _bearer, read_sendgrid,
        lambda _: Answer(202, headers={"X-Message-Id": secrets.token_urlsafe(16)}),
        Answer(401, {"errors": [{"message": "authorization required", "field": None}]}), _error,
    ),
    Provider(
        "mailgun", re.compile(r"/v3/[a-z0-9.-]+/messages\.mime"), "multipart/form-data", _basic,
        read_mailgun,
        lambda _: Answer(200, {"id": f"<{uuid.uuid4()}@mg>", "message": "Queued. Thank you."}),
        Answer(401, b"Forbidden", {"Content-Type": "text/plain"}),
        lambda message: Answer(400, {"message": message}),
    ),
    Provider(
        "postmark", re.compile(r"/email"), "application/json", _postmark_token, read_postmark,
        lambda request: Answer(200, {
            "To": request.json["To"], "SubmittedAt": "2025-01-01T00:00:00.0000000Z",
            "MessageID": str(uuid.uuid4()), "ErrorCode": 0, "Message": "OK",
        }),
        Answer(401, {"ErrorCode": 10, "Message": "The Server Token is missing or invalid."}),
        lambda message: Answer(422, {"ErrorCode": 300, "Message": message}),
    ),
    Provider(
        "resend", re.compile(r"/emails"), "application/json", _bearer, read_resend,
        lambda _: Answer(200, {"id": str(uuid.uuid4())}),
        Answer(403, {"statusCode": 403, "name": "invalid_api_key", "message": "Invalid key"}),
        lambda message: Answer(
            422, {"statusCode": 422, "name": "validation_error", "message": message}
        ),
    ),
    Provider(
        "ses", re.compile(r"/v2/email/outbound-emails"), "application/json", _signed, read_ses,
        lambda _: Answer(200, {"MessageId": secrets.token_hex(16)}),
        Answer(403, {"message": "no"}, {"x-amzn-ErrorType": "MissingAuthenticationToken"}),
        lambda message: Answer(
            400, {"message": message}, {"x-amzn-ErrorType": "BadRequestException"}
        ),
    ),
    Provider(
        "webhook", re.compile(r"/webhook(/.*)?"), "application/json",
        lambda headers, _: "webhook-signature" in headers, read_webhook,
        lambda _: Answer(204), Answer(401), lambda message: Answer(400, {"error": message}),
    ),
)  # fmt: skip
