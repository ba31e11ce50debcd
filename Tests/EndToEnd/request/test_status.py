"""GET /reset/requests/{id}: what became of a request, with times, never the token."""

import re

import pytest
from caller import new_address
from installation import Installation
from polling import eventually
from service import Service

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def status(service: Service, request_id: str) -> str:
    answer = service.caller.status(request_id)
    assert answer.status == 200
    assert answer.json()["request_id"] == request_id
    return answer.json()["status"]


def test_it_follows_a_request_from_accepted_to_consumed(rekey: Installation):
    service = rekey.serve("--no-worker")
    address = new_address()
    request_id = service.caller.accepted(address)
    assert status(service, request_id) == "accepted"
    rekey.work()
    token = rekey.mailbox.mail_to(address).token
    eventually(lambda: status(service, request_id) == "sent", "sent")
    service.caller.consume(token)
    answer = service.caller.status(request_id)
    body = answer.json()
    assert body["status"] == "consumed"
    for name in ("created_at", "sent_at", "consumed_at"):
        assert TIME.fullmatch(body[name]), name
    assert body["created_at"] <= body["sent_at"] <= body["consumed_at"]
    assert token not in answer.text
    assert address not in answer.text


def test_sending_while_the_mail_server_thinks(service: Service):
    hold = service.installation.mailbox.hold("DATA")
    request_id = service.caller.accepted(new_address())
    hold.wait_until_reached()
    assert status(service, request_id) == "sending"
    hold.release()


def test_failed_when_the_mail_server_refuses_for_good(service: Service):
    service.installation.mailbox.on("RCPT", "550 5.1.1 no such user")
    request_id = service.caller.accepted(new_address())
    eventually(lambda: status(service, request_id) == "failed", "failed")


def test_dropped_where_there_is_no_account(service: Service):
    request_id = service.caller.accepted(new_address(), account=None)
    eventually(lambda: status(service, request_id) == "dropped", "dropped")


def test_expired_when_the_link_is(service: Service):
    address = new_address()
    request_id = service.caller.accepted(address)
    service.installation.mailbox.mail_to(address)
    eventually(lambda: status(service, request_id) == "sent", "sent")
    service.installation.database.age(request_id, "31 minutes")
    assert status(service, request_id) == "expired"


def test_revoked_when_it_was(service: Service):
    address = new_address()
    request_id = service.caller.accepted(address)
    service.installation.mailbox.mail_to(address)
    eventually(lambda: status(service, request_id) == "sent", "sent")
    service.caller.invalidate(email=address)
    assert status(service, request_id) == "revoked"


@pytest.mark.parametrize(
    "identifier",
    ["x", "0192d3a4-5b6c-7def-8123-456789abcdef", "0192D3A4-5B6C-7DEF-8123-456789ABCDEF", "%00",
     "'", "..", "1" * 5000, "0192d3a45b6c7def8123456789abcdef"],
)  # fmt: skip
def test_an_unknown_id_is_404(shared: Service, identifier: str):
    answer = shared.caller.status(identifier)
    assert (answer.status, answer.code) == (404, "not_found")
