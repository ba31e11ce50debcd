"""The main app reports that the password was changed: a notice goes out, and nothing stays live."""

from __future__ import annotations

import pytest
from caller import new_address
from http_client import Answer, send
from installation import TOKEN, Installation
from polling import eventually
from service import Service

SUBJECT = "Your password for Example Shop was changed"


def complete(service: Service, request_id: str, key: str | None = None) -> Answer:
    caller = service.as_caller(key) if key else service.caller
    return caller.post("/reset/complete", {"request_id": request_id})


def notices(service: Service, address: str) -> list:
    mails = service.installation.mailbox.mails_to(address)
    return [mail for mail in mails if mail.message["Subject"] == SUBJECT]


def notice(service: Service, address: str):
    found = eventually(lambda: notices(service, address), "a notice")
    assert len(found) == 1
    return found[0]


def used(service: Service) -> tuple[str, str]:
    """The id and the address of a request whose link has been used."""
    address = new_address()
    request_id = service.caller.accepted(address)
    token = service.installation.mailbox.mail_to(address).token
    assert service.caller.consume(token).status == 200
    return request_id, address


def test_the_person_gets_a_notice_without_any_link(shared: Service):
    request_id, address = used(shared)
    answer = complete(shared, request_id)
    assert answer.status == 202
    assert answer.json() == {"request_id": request_id, "status": "completed"}
    mail = notice(shared, address)
    for kind in ("text/plain", "text/html"):
        text = mail.part(kind)
        assert "Example Shop" in text
        assert "http://" not in text
        assert "https://" not in text
        assert not TOKEN.search(text)
    assert "href" not in mail.part("text/html")
    assert mail.message["Auto-Submitted"] == "auto-generated"


def test_the_stored_address_gets_the_notice(shared: Service):
    typed, stored = new_address(), new_address()
    request_id = shared.caller.accepted(typed, account={"id": "stored-1", "email": stored})
    token = shared.installation.mailbox.mail_to(stored).token
    shared.caller.consume(token)
    assert complete(shared, request_id).status == 202
    notice(shared, stored)
    assert shared.installation.mailbox.mails_to(typed) == []


def test_reported_again_it_is_answered_alike_and_nobody_is_told_twice(service: Service):
    database = service.installation.database
    request_id, address = used(service)
    answers = [complete(service, request_id) for _ in range(3)]
    assert [one.status for one in answers] == [202, 202, 202]
    assert answers[0].body == answers[2].body
    notice(service, address)
    assert complete(service, request_id).status == 202
    eventually(lambda: database.count("outbox") == 0, "an empty outbox")
    assert len(notices(service, address)) == 1


def test_what_is_still_live_for_the_account_works_no_more(shared: Service):
    mailbox = shared.installation.mailbox
    account = {"id": "live-1", "email": new_address()}
    ids = [shared.caller.accepted(account["email"], account=account) for _ in range(2)]
    eventually(lambda: len(mailbox.mails_to(account["email"])) == 2, "two mails")
    tokens = [mail.token for mail in mailbox.mails_to(account["email"])]
    other = new_address()
    shared.caller.accepted(other, account={"id": "live-2", "email": other})
    theirs = mailbox.mail_to(other).token
    assert complete(shared, ids[0]).status == 202
    for token in tokens:
        for answer in (shared.caller.verify(token), shared.caller.consume(token)):
            assert (answer.status, answer.code) == (410, "token_revoked")
    assert shared.caller.consume(theirs).status == 200
    states = [shared.caller.status(one).json()["status"] for one in ids]
    assert states == ["revoked", "revoked"]


def test_a_link_that_was_not_sent_yet_is_not_sent_any_more(rekey: Installation):
    service = rekey.serve("--no-worker")
    address = new_address()
    request_id = service.caller.accepted(address)
    assert complete(service, request_id).status == 202
    rekey.work()
    notice(service, address)
    eventually(lambda: rekey.database.count("outbox") == 0, "an empty outbox")
    assert len(rekey.mailbox.mails_to(address)) == 1


def test_a_notice_that_met_a_fault_comes_later(service: Service):
    request_id, address = used(service)
    service.installation.mailbox.on("RCPT", "451 4.7.1 later")
    complete(service, request_id)
    rows = "SELECT * FROM rekey.outbox WHERE failures = 1 AND leased_until IS NULL"
    eventually(lambda: service.installation.database.rows(rows), "a failure")
    service.installation.database.make_due()
    notice(service, address)


def test_a_request_of_another_caller_is_unknown(rekey: Installation):
    blog = rekey.add_caller("blog")
    rekey.seen.add(blog)
    service = rekey.serve()
    request_id, address = used(service)
    answer = complete(service, request_id, blog)
    assert (answer.status, answer.code) == (404, "not_found")
    assert rekey.database.request(request_id)["completed_at"] is None
    assert complete(service, request_id).status == 202
    notice(service, address)


@pytest.mark.parametrize(
    "identifier", ["x", "", "0192d3a4-5b6c-7def-8123-456789abcdef", "'", "1" * 5000]
)
def test_an_unknown_request_is_404(shared: Service, identifier: str):
    answer = complete(shared, identifier)
    assert (answer.status, answer.code) == (404, "not_found")


@pytest.mark.parametrize(
    "body",
    ["", "{", "[]", "null", "{}", '{"request_id":7}', '{"request_id":null}',
     '{"request_id":"x","more":1}', '{"request_id":"x","request_id":"x"}', b"\xff"],
)  # fmt: skip
def test_a_bad_body_is_400(shared: Service, body: str | bytes):
    assert shared.caller.post("/reset/complete", body).status == 400


def test_only_callers_may_report(shared: Service):
    body = '{"request_id":"0192d3a4-5b6c-7def-8123-456789abcdef"}'
    headers = {"Content-Type": "application/json"}
    assert send(shared.internal, "POST", "/reset/complete", body, headers).status == 401
    assert send(shared.public, "POST", "/reset/complete", body, headers).status == 404
    assert shared.caller.post("/reset/complete", body, Content_Type="text/plain").status == 415
