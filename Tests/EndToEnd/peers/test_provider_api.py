"""The mail providers' peers themselves: what tests of their transports rely on is so."""

from __future__ import annotations

import base64
import json
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import standard_webhooks
from certificates import Authority
from provider_api import ProviderApi
from provider_server import CUT, DROP, KEEP_AND_DROP
from providers import Answer
from sample_mail import SENDER, mail_for

# HTTPS providers

TO = "person@example.test"
BODIES = {
    "sendgrid": {
        "personalizations": [{"to": [{"email": TO}], "custom_args": {"rekey_request": "7"}}],
        "from": {"email": SENDER, "name": "Shop"},
        "subject": "Hello",
        "content": [
            {"type": "text/plain", "value": "Good day.\n"},
            {"type": "text/html", "value": "<p>Good day.</p>"},
        ],
    },
    "postmark": {
        "From": SENDER, "To": TO, "Subject": "Hello", "TextBody": "Good day.\n",
        "HtmlBody": "<p>Good day.</p>", "MessageStream": "outbound", "TrackLinks": "None",
        "Metadata": {"rekey_request": "7"},
    },
    "resend": {
        "from": SENDER, "to": [TO], "subject": "Hello", "text": "Good day.\n",
        "html": "<p>Good day.</p>", "tags": [{"name": "rekey_request", "value": "7"}],
    },
}  # fmt: skip
PATHS = {"sendgrid": "/v3/mail/send", "postmark": "/email", "resend": "/emails"}
JSON = {"Content-Type": "application/json", "Accept": "application/json"}


def post(api: ProviderApi, path: str, body: bytes, **headers: str) -> tuple[int, bytes]:
    request = urllib.request.Request(
        api.address + path, body, {name.replace("_", "-"): text for name, text in headers.items()}
    )
    context = api.authority.client_context()
    try:
        with urllib.request.urlopen(request, context=context, timeout=15) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def send(api: ProviderApi, name: str, body: object = None, **headers: str) -> tuple[int, bytes]:
    key = api.keys[name]
    login = {"X-Postmark-Server-Token": key, "Authorization": f"Bearer {key}"}
    data = json.dumps(BODIES[name] if body is None else body).encode()
    return post(api, PATHS[name], data, **{**JSON, **login, **headers})


@pytest.mark.parametrize("name", BODIES)
def test_a_provider_takes_what_its_reference_allows(provider_api: ProviderApi, name: str):
    status, _ = send(provider_api, name)
    assert status == (202 if name == "sendgrid" else 200)
    mail = provider_api.mail_to(TO)
    assert mail.sender == SENDER
    assert mail.part("text/plain").strip() == "Good day."
    assert mail.part("text/html").strip() == "<p>Good day.</p>"
    (request,) = provider_api.requests_to(name)
    assert request.metadata == {"rekey_request": "7"}


PIXEL = base64.b64encode(b"not really an image").decode()
ATTACHED = {
    "sendgrid": {"attachments": [{"content": PIXEL, "filename": "logo.png", "type": "image/png",
                                  "disposition": "inline", "content_id": "logo"}]},
    "postmark": {"Attachments": [{"Content": PIXEL, "Name": "logo.png", "ContentType": "image/png",
                                  "ContentID": "cid:logo"}]},
    "resend": {"attachments": [{"content": PIXEL, "filename": "logo.png",
                                "content_type": "image/png", "content_id": "logo"}]},
}  # fmt: skip


@pytest.mark.parametrize("name", BODIES)
def test_an_inline_image_becomes_a_part_with_its_content_id(provider_api: ProviderApi, name: str):
    send(provider_api, name, {**BODIES[name], **ATTACHED[name]})
    message = provider_api.mail_to(TO).message
    (image,) = [part for part in message.walk() if part.get_content_type() == "image/png"]
    assert image["Content-ID"] == "<logo>"
    assert image.get_content() == b"not really an image"


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("change", ["a field more", "no sender", "a bad attachment"])
def test_a_provider_refuses_what_its_reference_does_not(
    provider_api: ProviderApi, name: str, change: str
):
    body = json.loads(json.dumps(BODIES[name]))
    if change == "a field more":
        body["nonsense"] = 1
    elif change == "no sender":
        del body["From" if name == "postmark" else "from"]
    else:
        body["Attachments" if name == "postmark" else "attachments"] = [{"content": "not base64!"}]
    status, _ = send(provider_api, name, body)
    assert status in (400, 422)
    assert provider_api.taken == []
    assert provider_api.faults
    provider_api.faults.clear()


@pytest.mark.parametrize("name", BODIES)
def test_a_provider_refuses_a_wrong_key(provider_api: ProviderApi, name: str):
    wrong = {"X-Postmark-Server-Token": "no", "Authorization": "Bearer no"}
    status, _ = send(provider_api, name, **wrong)
    assert status in (401, 403)
    assert provider_api.taken == []


def test_resend_takes_the_same_key_of_idempotency_once(provider_api: ProviderApi):
    first = send(provider_api, "resend", Idempotency_Key="a")
    assert send(provider_api, "resend", Idempotency_Key="a") == first
    other = {**BODIES["resend"], "subject": "Other"}
    assert send(provider_api, "resend", other, Idempotency_Key="a")[0] == 409
    assert len(provider_api.received) == 3
    assert len(provider_api.taken) == 1


def form(message: bytes, filename: str = '; filename="message.eml"') -> bytes:
    parts = [
        b'name="to"\r\n\r\n' + TO.encode(),
        b'name="v:rekey_request"\r\n\r\n7',
        b'name="message"' + filename.encode() + b"\r\nContent-Type: message/rfc822\r\n\r\n"
        + message,
    ]  # fmt: skip
    body = b"".join(b"--b\r\nContent-Disposition: form-data; " + part + b"\r\n" for part in parts)
    return body + b"--b--\r\n"


def send_form(api: ProviderApi, body: bytes) -> int:
    login = base64.b64encode(f"api:{api.keys['mailgun']}".encode()).decode()
    kind = "multipart/form-data; boundary=b"
    headers = {"Authorization": f"Basic {login}", "Content-Type": kind}
    return post(api, "/v3/mg.example.test/messages.mime", body, **headers)[0]


def test_mailgun_takes_a_whole_message_as_a_file_of_a_form(provider_api: ProviderApi):
    raw = mail_for(TO).as_bytes().replace(b"\n", b"\r\n")
    assert send_form(provider_api, form(raw)) == 200
    mail = provider_api.mail_to(TO)
    assert mail.raw == raw
    assert mail.part("text/plain").strip() == "Good day."
    assert provider_api.requests_to("mailgun")[0].metadata == {"rekey_request": "7"}


@pytest.mark.parametrize("fault", ["no file", "no Message-ID", "no end"])
def test_mailgun_refuses_a_form_or_a_message_that_is_not_whole(
    provider_api: ProviderApi, fault: str
):
    raw = mail_for(TO).as_bytes().replace(b"\n", b"\r\n")
    body = {
        "no file": form(raw, ""),
        "no Message-ID": form(raw.replace(b"Message-ID:", b"Other:")),
        "no end": form(raw).removesuffix(b"--b--\r\n"),
    }[fault]
    assert send_form(provider_api, body) == 400
    assert provider_api.mails == []
    assert len(provider_api.faults) == 1
    provider_api.faults.clear()


EVENT = b'{"type":"delivery.failed","timestamp":"2025-01-07T10:00:00Z","data":{}}'


def send_event(api: ProviderApi, *secrets: str, age: int = 0) -> int:
    moment = str(int(time.time()) - age)
    signatures = [standard_webhooks.signature(one, "msg_1", moment, EVENT) for one in secrets]
    headers = {"webhook-id": "msg_1", "webhook-timestamp": moment,
               "webhook-signature": " ".join(signatures)}  # fmt: skip
    return post(api, "/webhook", EVENT, **JSON, **headers)[0]


def test_the_webhook_receiver_takes_a_signature_of_any_known_secret(provider_api: ProviderApi):
    old, new = provider_api.webhook_secrets[0], standard_webhooks.new_secret()
    provider_api.webhook_secrets.append(new)
    assert send_event(provider_api, new) == 204
    assert send_event(provider_api, new, old) == 204
    assert [one.signed_by for one in provider_api.taken] == [[new], [new, old]]


def test_the_webhook_receiver_refuses_an_unknown_secret_and_an_old_time(provider_api: ProviderApi):
    assert send_event(provider_api, standard_webhooks.new_secret()) == 400
    assert send_event(provider_api, provider_api.webhook_secrets[0], age=400) == 400
    assert len(provider_api.faults) == 2
    provider_api.faults.clear()


def test_an_answer_may_be_scripted_for_one_recipient(provider_api: ProviderApi):
    busy = Answer(429, {"errors": []}, {"Retry-After": "7"})
    provider_api.on("sendgrid", busy, times=1, recipient="other@example.test")
    provider_api.on("sendgrid", busy, times=2, recipient=TO)
    assert [send(provider_api, "sendgrid")[0] for _ in range(3)] == [429, 429, 202]
    assert len(provider_api.received) == 3
    assert len(provider_api.taken) == 1


@pytest.mark.parametrize(("act", "received", "taken"), [(CUT, 0, 0), (DROP, 1, 0),
                                                        (KEEP_AND_DROP, 1, 1)])  # fmt: skip
def test_a_connection_may_end_without_an_answer(
    provider_api: ProviderApi, act: str, received: int, taken: int
):
    provider_api.on("resend", act)
    with pytest.raises(OSError):
        send(provider_api, "resend")
    assert len(provider_api.received) == received
    assert len(provider_api.taken) == taken
    assert send(provider_api, "resend")[0] == 200


def test_an_answer_may_be_held_back_until_the_test_lets_go(provider_api: ProviderApi):
    hold = provider_api.hold("postmark", Answer(503))
    with pytest.raises(TimeoutError):
        request = urllib.request.Request(
            provider_api.address + "/email", json.dumps(BODIES["postmark"]).encode(),
            {**JSON, "X-Postmark-Server-Token": provider_api.keys["postmark"]},
        )  # fmt: skip
        context = provider_api.authority.client_context()
        urllib.request.urlopen(request, context=context, timeout=0.3)
    hold.wait_until_reached()
    assert provider_api.taken == []


def test_a_certificate_is_good_for_its_names_alone(authority: Authority):
    elsewhere = ProviderApi(authority, "DNS:elsewhere.example.test")
    with pytest.raises(urllib.error.URLError, match="certificate is not valid for"):
        post(elsewhere, "/email", b"{}")
    elsewhere.close()


def test_without_tls_it_speaks_plain_http(plain_api: ProviderApi, tmp_path: Path):
    assert send_event(plain_api, plain_api.webhook_secrets[0]) == 204
    file = plain_api.write_webhook_secrets(tmp_path / "secrets")
    assert Path(file).read_text() == plain_api.webhook_secrets[0] + "\n"
    assert "tls=none" in plain_api.url("sendgrid")
