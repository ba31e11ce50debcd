"""What the main app is told: which events there are, how they are signed, and to whom they go."""

from __future__ import annotations

import json

import event_receiver
import outbox_rows
import standard_webhooks
from caller import new_address
from certificates import Authority
from installation import Installation
from polling import eventually
from provider_api import ProviderApi
from service import Service


def complete(service: Service, request_id: str) -> None:
    answer = service.caller.post("/reset/complete", {"request_id": request_id})
    assert answer.status == 202


# Which events there are


def test_the_use_of_a_link_is_told(told: Service, plain_api: ProviderApi):
    account = {"id": "acc-7", "email": "Stored.Person@example.test"}
    request_id, stored, token = event_receiver.mailed(told, account=account)
    assert event_receiver.taken(plain_api) == []
    assert told.caller.consume(token).status == 200
    data = event_receiver.event(plain_api, "request.consumed", request_id)
    assert data["request_id"] == request_id
    assert data["account_id"] == "acc-7"
    assert data["email"] == stored
    assert data["cause"] is None
    assert set(data) == {"request_id", "account_id", "email", "cause"}
    # Somebody who tries it again is no second use.
    assert told.caller.consume(token).status == 409
    complete(told, request_id)
    event_receiver.event(plain_api, "request.completed", request_id)
    assert len(event_receiver.taken(plain_api)) == 2


def test_an_event_says_when_and_what_and_is_signed(told: Service, plain_api: ProviderApi):
    request_id, _, token = event_receiver.mailed(told)
    told.caller.consume(token)
    event_receiver.event(plain_api, "request.consumed", request_id)
    (call,) = event_receiver.calls(plain_api)
    body = json.loads(call.body)
    assert set(body) == {"type", "timestamp", "data"}
    assert body["data"]["account_id"] is None
    assert call.headers["content-type"] == "application/json"
    assert standard_webhooks.verify(plain_api.webhook_secrets, call.headers, call.body)
    assert not standard_webhooks.verify(
        plain_api.webhook_secrets, call.headers, call.body.replace(b"consumed", b"disputed")
    )
    assert token not in call.body.decode()


def test_a_refused_mail_is_told(told: Service, plain_api: ProviderApi):
    told.installation.mailbox.on("RCPT", "550 5.1.1 no such user")
    address = new_address()
    request_id = told.caller.accepted(address)
    data = event_receiver.event(plain_api, "delivery.failed", request_id)
    assert data["cause"] == "rcpt_550_5.1.1"
    assert data["email"] == address


def test_a_mail_that_is_not_sent_to_a_suppressed_address_is_told(
    told: Service, plain_api: ProviderApi
):
    told.installation.mailbox.on("RCPT", "550 5.1.1 no such user")
    address = new_address()
    event_receiver.event(plain_api, "delivery.failed", told.caller.accepted(address))
    again = told.caller.accepted(address)
    assert event_receiver.event(plain_api, "delivery.failed", again)["cause"] == "suppressed"


def test_a_mail_whose_time_is_over_is_told(rekey: Installation, plain_api: ProviderApi):
    rekey.settings |= event_receiver.tell(rekey, plain_api)
    service = rekey.serve("--no-worker")
    request_id = service.caller.accepted(new_address())
    rekey.database.age(request_id, "2 hours 1 minute")
    rekey.work()
    assert event_receiver.event(plain_api, "delivery.failed", request_id)["cause"] == "expired"
    assert rekey.mailbox.mails == []


def test_where_there_is_no_account_nothing_is_told(told: Service, plain_api: ProviderApi):
    request_id = told.caller.accepted(new_address(), account=None)
    outbox_rows.ended(told.installation.database, request_id)
    _, _, token = event_receiver.mailed(told)
    told.caller.consume(token)
    eventually(lambda: event_receiver.taken(plain_api), "an event")
    assert event_receiver.taken(plain_api, request_id) == []


def test_without_configuration_there_are_none(service: Service):
    service.installation.mailbox.on("RCPT", "550 5.1.1 no such user")
    outbox_rows.dead(service.installation.database, service.caller.accepted(new_address()))
    _, _, token = event_receiver.mailed(service)
    assert service.caller.consume(token).status == 200
    assert event_receiver.waiting(service.installation) == []


# Signatures


def test_while_two_secrets_are_in_use_each_has_its_signature(
    rekey: Installation, plain_api: ProviderApi
):
    new, old = standard_webhooks.new_secret(), plain_api.webhook_secrets[0]
    plain_api.webhook_secrets[:] = [new, old]
    service = rekey.serve(**event_receiver.tell(rekey, plain_api))
    request_id, _, token = event_receiver.mailed(service)
    service.caller.consume(token)
    event_receiver.event(plain_api, "request.consumed", request_id)
    assert event_receiver.calls(plain_api)[0].signed_by == [new, old]


def add_blog(rekey: Installation, receiver: dict[str, str]) -> str:
    """The key of a second caller, with a receiver of its own."""
    (rekey.directory / "rekey.yaml").write_text(
        f"callers:\n  blog:\n    events:\n      url: {receiver['REKEY_EVENTS_URL']}\n"
        f"      secret_file: {receiver['REKEY_EVENTS_SECRET_FILE']}\n"
    )
    blog = rekey.add_caller("blog")
    rekey.seen.add(blog)
    return blog


def test_a_caller_may_have_a_receiver_of_its_own(
    rekey: Installation, plain_api: ProviderApi, authority: Authority
):
    other = ProviderApi(authority, tls=False)
    rekey.settings |= event_receiver.tell(rekey, plain_api)
    own = event_receiver.tell(rekey, other, "/webhook/blog")
    blog = add_blog(rekey, own)
    service = rekey.serve()
    request_id, _, token = event_receiver.mailed(service)
    service.caller.consume(token)
    address = new_address()
    theirs = service.as_caller(blog).accepted(address)
    service.as_caller(blog).consume(rekey.mailbox.mail_to(address).token)
    event_receiver.event(plain_api, "request.consumed", request_id)
    event_receiver.event(other, "request.consumed", theirs)
    assert event_receiver.taken(plain_api, theirs) == []
    assert event_receiver.taken(other, request_id) == []
    assert other.taken[0].path == "/webhook/blog"
    other.close()
    assert other.faults == []


def test_a_caller_alone_may_want_them(rekey: Installation, plain_api: ProviderApi):
    own = event_receiver.tell(rekey, plain_api)
    blog = add_blog(rekey, own)
    service = rekey.serve()
    _, _, token = event_receiver.mailed(service)
    service.caller.consume(token)
    address = new_address()
    theirs = service.as_caller(blog).accepted(address)
    service.as_caller(blog).consume(rekey.mailbox.mail_to(address).token)
    event_receiver.event(plain_api, "request.consumed", theirs)
    assert len(event_receiver.taken(plain_api)) == 1
    assert event_receiver.waiting(rekey) == []
