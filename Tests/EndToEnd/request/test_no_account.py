"""The mail that says that there is no account: only where it is wanted, and seldom."""

from __future__ import annotations

import outbox_rows
import pytest
from caller import new_address
from directory import Directory
from http_client import Answer
from installation import TOKEN, Installation
from service import Service

SUBJECT = "There is no account at Example Shop with this address"


@pytest.fixture
def telling(rekey: Installation) -> Service:
    """One `rekey serve` that tells people that they have no account."""
    return rekey.serve(REKEY_MAIL_NO_ACCOUNT="true")


def ended(service: Service, request_id: str) -> dict:
    """What is said of a request when all is done."""
    outbox_rows.ended(service.installation.database, request_id)
    return service.caller.status(request_id).json()


def test_who_has_no_account_is_told_so_without_any_link(telling: Service):
    address = new_address()
    request_id = telling.caller.accepted(address, account=None)
    mail = telling.installation.mailbox.mail_to(address)
    assert mail.message["Subject"] == SUBJECT
    for kind in ("text/plain", "text/html"):
        assert "no account" in mail.part(kind)
        assert "http" not in mail.part(kind)
        assert not TOKEN.search(mail.part(kind))
    state = ended(telling, request_id)
    assert (state["status"], state["reason"]) == ("dropped", "no_account")


def test_whom_the_directory_does_not_know_is_told_so(rekey: Installation, directory: Directory):
    service = rekey.serve(REKEY_MAIL_NO_ACCOUNT="true")
    known, unknown = new_address(), new_address()
    directory.accounts[known] = {"id": "1", "email": known}
    request_id = service.caller.accepted(unknown)
    service.caller.accepted(known)
    assert rekey.mailbox.mail_to(unknown).message["Subject"] == SUBJECT
    assert rekey.mailbox.mail_to(known).token
    assert ended(service, request_id)["reason"] == "no_account"


def test_nobody_is_told_twice_a_day(telling: Service):
    address = new_address()
    mailbox, database = telling.installation.mailbox, telling.installation.database
    first = telling.caller.accepted(address, account=None)
    mailbox.mail_to(address)
    second = telling.caller.accepted(address, account=None)
    assert ended(telling, second)["reason"] == "no_account"
    assert ended(telling, first)["reason"] == "no_account"
    assert len(mailbox.mails_to(address)) == 1
    # Another address has room of its own, and this one has when a day is over.
    other = new_address()
    telling.caller.accepted(other, account=None)
    mailbox.mail_to(other)
    database.execute(
        "UPDATE rekey.rate_limit SET stamps ="
        " ARRAY(SELECT s - interval '24 hours 1 second' FROM unnest(stamps) AS s)"
    )
    telling.caller.accepted(address, account=None)
    mailbox.mail_to(address, 2)


def test_by_default_nobody_is_told(service: Service):
    address = new_address()
    request_id = service.caller.accepted(address, account=None)
    assert ended(service, request_id)["reason"] == "no_account"
    assert service.installation.mailbox.mails == []


def test_a_caller_alone_may_want_it(rekey: Installation):
    settings = "callers:\n  blog:\n    mail:\n      no_account: true\n"
    (rekey.directory / "rekey.yaml").write_text(settings)
    blog = rekey.add_caller("blog")
    rekey.seen.add(blog)
    service = rekey.serve()
    ours, theirs = new_address(), new_address()
    request_id = service.caller.accepted(ours, account=None)
    service.as_caller(blog).accepted(theirs, account=None)
    rekey.mailbox.mail_to(theirs)
    ended(service, request_id)
    assert rekey.mailbox.mails_to(ours) == []


def test_a_suppressed_address_is_not_told_either(telling: Service):
    address = new_address()
    telling.installation.mailbox.on("RCPT", "550 5.1.1 no such user")
    outbox_rows.dead(telling.installation.database, telling.caller.accepted(address, account=None))
    request_id = telling.caller.accepted(address, account=None)
    ended(telling, request_id)
    assert telling.installation.mailbox.mails == []


def test_a_fault_of_the_mail_server_costs_no_second_mail(telling: Service):
    mailbox, database = telling.installation.mailbox, telling.installation.database
    mailbox.on("RCPT", "451 4.7.1 later")
    address = new_address()
    request_id = telling.caller.accepted(address, account=None)
    row = outbox_rows.retried(database, request_id)
    assert row["kind"] == "no_account"
    database.make_due()
    mailbox.mail_to(address)
    outbox_rows.ended(database, request_id)
    assert len(mailbox.mails_to(address)) == 1


def shape(answer: Answer) -> tuple:
    """All that an observer could compare: but for the date and for the id, which is random."""
    headers = sorted((name.lower(), value) for name, value in answer.headers)
    identifier = answer.json().get("request_id", "") if answer.status == 202 else ""
    body = answer.body.replace(identifier.encode(), b"") if identifier else b""
    hidden = ("date", "retry-after", "trace-id")
    return answer.status, [one for one in headers if one[0] not in hidden], body, len(identifier)


def test_answers_for_known_and_unknown_stay_the_same_to_the_byte(telling: Service):
    one, other = new_address(), new_address()
    account = {"id": "1", "email": one}
    known = [shape(telling.caller.request(one, account=account)) for _ in range(5)]
    unknown = [shape(telling.caller.request(other, account=None)) for _ in range(5)]
    assert [step[0] for step in known] == [202, 202, 202, 429, 429]
    assert known == unknown
