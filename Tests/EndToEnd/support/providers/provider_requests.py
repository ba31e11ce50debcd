"""What a request to a mail provider says: its body checked, and the mail that it would become.

Each is written from the provider's published reference; the schemas of the bodies are in schemas/.
"""

from __future__ import annotations

import base64
import email
import email.policy
import json
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import getaddresses
from typing import Any

import schemas
import standard_webhooks
from received_mail import Mail

MAIL_PATH = "/webhook/mail"


@dataclass
class Received:
    """One request, as it came and as it was understood. Names of headers are lower case."""

    provider: str
    path: str
    headers: dict[str, str]
    body: bytes
    json: Any = None
    form: dict[str, list[str]] = field(default_factory=dict)
    mail: Mail | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    signed_by: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def idempotency_key(self) -> str | None:
        return self.headers.get("idempotency-key")


def _read_json(request: Received, schema: str) -> bool:
    try:
        request.json = json.loads(request.body)
    except ValueError as error:
        request.faults.append(f"{schema}: not JSON: {error}")
        return False
    request.faults += schemas.faults(schema, request.json)
    return not request.faults


def _compose(fields: dict[str, str], text: str, html: str, files: list[dict]) -> Mail:
    """The mail as a provider would put it together, so that tests read all mails alike."""
    message = EmailMessage(policy=email.policy.SMTP)
    for name, value in fields.items():
        message[name] = value
    if text:
        message.set_content(text)
    if html:
        message.add_alternative(html, "html") if text else message.set_content(html, "html")
    for file in files:
        main, _, sub = file["type"].partition("/")
        message.add_attachment(
            base64.b64decode(file["content"]), maintype=main, subtype=sub,
            filename=file["name"], disposition="inline" if file["cid"] else "attachment",
            cid=f"<{file['cid']}>" if file["cid"] else None,
        )  # fmt: skip
    recipients = [address for _, address in getaddresses([fields["To"]])]
    sender = getaddresses([fields["From"]])[0][1]
    return Mail(sender, recipients, message.as_bytes(), "")


def _address(value: dict[str, str]) -> str:
    name = value.get("name")
    return email.utils.formataddr((name, value["email"])) if name else value["email"]


def read_sendgrid(request: Received) -> None:
    if not _read_json(request, "sendgrid"):
        return
    sent, person = request.json, request.json["personalizations"][0]
    by_type = {part["type"]: part["value"] for part in sent["content"]}
    request.metadata = {**sent.get("custom_args", {}), **person.get("custom_args", {})}
    fields = {
        "From": _address(sent["from"]),
        "To": ", ".join(_address(one) for one in person["to"]),
        "Subject": person.get("subject") or sent["subject"],
        **sent.get("headers", {}),
        **person.get("headers", {}),
    }
    files = [
        {"name": one["filename"], "content": one["content"], "cid": one.get("content_id", ""),
         "type": one.get("type", "application/octet-stream")}
        for one in sent.get("attachments", [])
    ]  # fmt: skip
    request.mail = _compose(
        fields, by_type.get("text/plain", ""), by_type.get("text/html", ""), files
    )


def read_postmark(request: Received) -> None:
    if request.headers.get("accept") != "application/json":
        request.faults.append("postmark: no Accept: application/json")
    if not _read_json(request, "postmark"):
        return
    sent = request.json
    request.metadata = sent.get("Metadata", {})
    headers = {one["Name"]: one["Value"] for one in sent.get("Headers", [])}
    fields = {"From": sent["From"], "To": sent["To"], "Subject": sent.get("Subject", "")}
    files = [
        {"name": one["Name"], "content": one["Content"], "type": one["ContentType"],
         "cid": one.get("ContentID", "").removeprefix("cid:")}
        for one in sent.get("Attachments", [])
    ]  # fmt: skip
    request.mail = _compose(
        {**fields, **headers}, sent.get("TextBody", ""), sent.get("HtmlBody", ""), files
    )


def read_resend(request: Received) -> None:
    key = request.idempotency_key
    if key is not None and not 1 <= len(key) <= 256:
        request.faults.append("resend: an Idempotency-Key has 1 to 256 characters")
    if not request.headers.get("user-agent"):
        request.faults.append("resend: no User-Agent")
    if not _read_json(request, "resend"):
        return
    sent = request.json
    request.metadata = {tag["name"]: tag["value"] for tag in sent.get("tags", [])}
    to = sent["to"] if isinstance(sent["to"], str) else ", ".join(sent["to"])
    fields = {"From": sent["from"], "To": to, "Subject": sent["subject"]}
    files = [
        {"name": one["filename"], "content": one["content"], "cid": one.get("content_id", ""),
         "type": one.get("content_type", "application/octet-stream")}
        for one in sent.get("attachments", [])
    ]  # fmt: skip
    request.mail = _compose(
        {**fields, **sent.get("headers", {})}, sent.get("text", ""), sent.get("html", ""), files
    )


def _form_parts(request: Received) -> list[tuple[EmailMessage, bytes]]:
    """The headers and the exact bytes of each part (RFC 7578); a part may be a mail itself."""
    kind = EmailMessage()
    kind["Content-Type"] = request.headers["content-type"]
    delimiter = b"\r\n--" + str(kind.get_boundary()).encode()
    first, *parts = (b"\r\n" + request.body).split(delimiter)
    if first or not parts or not parts.pop().startswith(b"--"):
        request.faults.append("mailgun: the form does not begin or end as it should")
        return []
    heads = [part.removeprefix(b"\r\n").partition(b"\r\n\r\n") for part in parts]
    return [
        (email.message_from_bytes(head, policy=email.policy.HTTP), content)
        for head, _, content in heads
    ]


def read_mailgun(request: Received) -> None:
    raw = b""
    for head, content in _form_parts(request):
        name = str(head.get_param("name", header="content-disposition"))
        request.form.setdefault(name, []).append(content.decode())
        if name == "message":
            raw = content
            if head.get_filename() is None:
                request.faults.append("mailgun: message is not a file")
    request.faults = request.faults or schemas.faults("mailgun", request.form)
    if request.faults:
        return
    mail = email.message_from_bytes(raw, policy=email.policy.SMTP)
    missing = [name for name in ("From", "To", "Subject", "Date", "Message-ID") if not mail[name]]
    request.faults += [f"mailgun: the message has no {name}" for name in missing]
    request.faults += [f"mailgun: the message: {type(one).__name__}" for one in mail.defects]
    if request.faults:
        return
    request.metadata = {
        name[2:]: values[0] for name, values in request.form.items() if name.startswith("v:")
    }
    recipients = [address for _, address in getaddresses(request.form["to"])]
    sender = getaddresses([mail["From"] or ""])[0][1]
    request.mail = Mail(sender, recipients, raw, "")


def read_webhook(request: Received) -> None:
    """Mails are posted to their own path; all else is an event."""
    if request.path != MAIL_PATH:
        _read_json(request, "standard_webhooks")
        return
    if not _read_json(request, "mail_webhook"):
        return
    sent = request.json
    request.metadata = {"rekey_request": sent["request_id"]}
    fields = {"From": sent["from"], "To": sent["to"], "Subject": sent["subject"],
              "Message-ID": sent["message_id"], **sent["headers"]}  # fmt: skip
    files = [
        {"name": one["name"], "content": one["content"], "type": one["content_type"],
         "cid": one.get("content_id", "")}
        for one in sent.get("attachments", [])
    ]  # fmt: skip
    request.mail = _compose(fields, sent["text"], sent["html"], files)


def read_ses(request: Received) -> None:
    """A whole message; its recipients are those of the request (Destination)."""
    if not _read_json(request, "ses"):
        return
    sent = request.json
    raw = base64.b64decode(sent["Content"]["Raw"]["Data"])
    request.metadata = {tag["Name"]: tag["Value"] for tag in sent.get("EmailTags", [])}
    mail = email.message_from_bytes(raw, policy=email.policy.SMTP)
    request.faults += [f"ses: the message: {type(one).__name__}" for one in mail.defects]
    sender = getaddresses([mail["From"] or ""])[0][1]
    request.mail = Mail(sender, sent["Destination"]["ToAddresses"], raw, "")


def verify_webhook(request: Received, known: list[str]) -> None:
    request.signed_by = standard_webhooks.verify(known, request.headers, request.body)
    if not request.signed_by:
        request.faults.append("webhook: not signed with a known secret, or not just now")
