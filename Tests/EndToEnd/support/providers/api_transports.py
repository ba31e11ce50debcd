"""Transports by way of HTTPS APIs, all on one ProviderApi, and what names a mail in each."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

from installation import Installation
from provider_api import ProviderApi
from provider_requests import MAIL_PATH, Received
from ses_server import REGION

APIS = ("sendgrid", "mailgun", "postmark", "resend", "ses", "webhook")
ACCESS_KEY = "AKIDEXAMPLE"


def transport(api: ProviderApi, name: str, directory: Path, **options: str) -> str:
    """The URL of one API."""
    if name == "webhook":
        file = api.write_webhook_secrets(directory / "webhook-secrets")
        return api.webhook_url(file, path=MAIL_PATH, **options)
    if name == "ses":
        query = urlencode({"region": REGION, "ca": str(api.authority.file), **options})
        return f"ses://{ACCESS_KEY}:{api.keys['ses']}@127.0.0.1:{api.port}?{query}"
    return api.url(name, **options)


def use(rekey: Installation, api: ProviderApi, *names: str, **options: str) -> None:
    """These APIs, in this order, are the transports; their keys must not show in any log."""
    urls = [transport(api, name, rekey.directory, **options) for name in names]
    rekey.settings["REKEY_MAIL_TRANSPORTS"] = " ".join(urls)
    rekey.settings["REKEY_MAIL_ALLOW_PRIVATE"] = "true"
    rekey.seen |= {*api.keys.values(), *api.webhook_secrets}


def identity(request: Received) -> str:
    """What tells a provider or a reader that two calls are about one mail."""
    if request.provider == "resend":
        assert request.idempotency_key
        return request.idempotency_key
    if request.provider == "webhook":
        return request.headers["webhook-id"]
    assert request.mail
    return request.mail.message_id
