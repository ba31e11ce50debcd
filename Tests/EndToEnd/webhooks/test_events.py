"""What the main app is told: which events there are, how they are signed, and when they come."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import event_receiver
import outbox_rows
import pytest
import standard_webhooks
from caller import new_address
from certificates import Authority
from http_client import send
from installation import Installation
from polling import eventually
from provider_api import ProviderApi
from providers import Answer
from service import Service


@pytest.fixture
def told(rekey: Installation, plain_api: ProviderApi) -> Service:
    """One `rekey serve` whose events go to the receiver."""
    return rekey.serve(**event_receiver.tell(rekey, plain_api))


def waiting(rekey: Installation) -> list[dict[str, Any]]:
    """The events that have not been delivered."""
    return rekey.database.rows("SELECT * FROM rekey.outbox WHERE kind = 'event' ORDER BY id")


def mailed(service: Service, **fields: Any) -> tuple[str, str, str]:
    """The id of a request, its address, and the token that arrived."""
    address = new_address()
    request_id = service.caller.accepted(address, **fields)
    stored = fields["account"]["email"] if "account" in fields else address
    token = service.installation.mailbox.mail_to(stored).token
    outbox_rows.ended(service.installation.database, request_id)
    return request_id, stored, token


def complete(service: Service, request_id: str) -> None:
    answer = service.caller.post("/reset/complete", {"request_id": request_id})
    assert answer.status == 202


# Which events there are


def test_the_use_of_a_link_is_told(told: Service, plain_api: ProviderApi):
    account = {"id": "acc-7", "email": "Stored.Person@example.test"}
    request_id, stored, token = mailed(told, account=account)
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
    request_id, _, token = mailed(told)
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
    _, _, token = mailed(told)
    told.caller.consume(token)
    eventually(lambda: event_receiver.taken(plain_api), "an event")
    assert event_receiver.taken(plain_api, request_id) == []


def test_without_configuration_there_are_none(service: Service):
    service.installation.mailbox.on("RCPT", "550 5.1.1 no such user")
    outbox_rows.dead(service.installation.database, service.caller.accepted(new_address()))
    _, _, token = mailed(service)
    assert service.caller.consume(token).status == 200
    assert waiting(service.installation) == []


# Signatures


def test_while_two_secrets_are_in_use_each_has_its_signature(
    rekey: Installation, plain_api: ProviderApi
):
    new, old = standard_webhooks.new_secret(), plain_api.webhook_secrets[0]
    plain_api.webhook_secrets[:] = [new, old]
    service = rekey.serve(**event_receiver.tell(rekey, plain_api))
    request_id, _, token = mailed(service)
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
    request_id, _, token = mailed(service)
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
    _, _, token = mailed(service)
    service.caller.consume(token)
    address = new_address()
    theirs = service.as_caller(blog).accepted(address)
    service.as_caller(blog).consume(rekey.mailbox.mail_to(address).token)
    event_receiver.event(plain_api, "request.consumed", theirs)
    assert len(event_receiver.taken(plain_api)) == 1
    assert waiting(rekey) == []


# A receiver that is away


def failed(rekey: Installation, failures: int) -> bool:
    rows = waiting(rekey)
    return bool(rows) and rows[0]["failures"] == failures and rows[0]["leased_until"] is None


@pytest.mark.parametrize("answer", [Answer(500), Answer(404), Answer(302)])
def test_an_event_comes_again_under_the_same_id_until_it_is_taken(
    told: Service, plain_api: ProviderApi, answer: Answer
):
    rekey = told.installation
    plain_api.on("webhook", answer, times=2)
    request_id, _, token = mailed(told)
    told.caller.consume(token)
    for failures in (1, 2):
        eventually(lambda n=failures: failed(rekey, n), f"failure {failures}")
        assert waiting(rekey)[0]["last_error"] == f"http_{answer.status}"
        rekey.database.make_due()
    event_receiver.event(plain_api, "request.consumed", request_id)
    sent = event_receiver.calls(plain_api)
    assert len(sent) == 3
    assert len({one.headers["webhook-id"] for one in sent}) == 1
    assert len({one.body for one in sent}) == 1
    eventually(lambda: waiting(rekey) == [], "an outbox without events")


def test_a_receiver_that_wants_no_more_of_one_gets_it_no_more(
    told: Service, plain_api: ProviderApi
):
    plain_api.on("webhook", Answer(410))
    _, _, token = mailed(told)
    told.caller.consume(token)
    eventually(lambda: waiting(told.installation)[0]["dead_at"], "a dead letter")
    assert waiting(told.installation)[0]["last_error"] == "http_410"


def test_a_receiver_that_is_away_does_not_delay_mails(rekey: Installation, plain_api: ProviderApi):
    settings = event_receiver.tell(rekey, plain_api)
    plain_api.close()
    service = rekey.serve(**settings)
    for _ in range(15):
        _, _, token = mailed(service)
        assert service.caller.consume(token).status == 200
    assert len(waiting(rekey)) == 15


def test_a_receiver_that_hangs_does_not_delay_mails(told: Service, plain_api: ProviderApi):
    for _ in range(3):
        plain_api.hold("webhook")
    for _ in range(15):
        _, _, token = mailed(told)
        assert told.caller.consume(token).status == 200


def test_an_event_that_nobody_took_for_too_long_is_a_dead_letter(
    rekey: Installation, plain_api: ProviderApi
):
    rekey.settings |= event_receiver.tell(rekey, plain_api)
    plain_api.on("webhook", Answer(500), times=50)
    service = rekey.serve()
    _, _, token = mailed(service)
    service.caller.consume(token)
    eventually(lambda: failed(rekey, 1), "the first failure")
    rekey.database.execute(
        "UPDATE rekey.outbox SET queued_at = queued_at - interval '3 days 1 minute'"
    )
    rekey.database.make_due()
    eventually(lambda: waiting(rekey)[0]["dead_at"], "a dead letter")
    assert waiting(rekey)[0]["last_error"] == "gave_up"


def test_an_unsafe_receiver_is_refused_at_the_start(rekey: Installation, tmp_path: Path):
    file = tmp_path / "secrets"
    file.touch(0o600)
    file.write_text(standard_webhooks.new_secret() + "\n")
    for url in ("http://events.example.test/x", "ftp://127.0.0.1/x", "nonsense"):
        done = rekey.run("serve", REKEY_EVENTS_URL=url, REKEY_EVENTS_SECRET_FILE=str(file))
        assert done.returncode == 78, url
        assert "events.url" in done.stderr
    file.chmod(0o644)
    done = rekey.run(
        "serve", REKEY_EVENTS_URL="https://x.example.test", REKEY_EVENTS_SECRET_FILE=str(file)
    )
    assert (done.returncode, "events.secret_file" in done.stderr) == (78, True)


def test_the_receiver_is_not_told_twice_after_its_answer_came_late(
    told: Service, plain_api: ProviderApi
):
    """A second try is under the same id, by which an app knows that it has seen it."""
    hold = plain_api.hold("webhook", Answer(503))
    request_id, _, token = mailed(told)
    told.caller.consume(token)
    hold.wait_until_reached()
    hold.release()
    eventually(lambda: failed(told.installation, 1), "the first failure")
    told.installation.database.make_due()
    event_receiver.event(plain_api, "request.consumed", request_id)
    assert len({one.headers["webhook-id"] for one in event_receiver.calls(plain_api)}) == 1


def test_nobody_hears_of_events_on_a_listener(told: Service):
    for listener in (told.public, told.internal):
        assert send(listener, "GET", "/events").status == 404
