"""The user's story: ask, read the mail, open the link, set a new password, the old link is dead."""

from caller import new_address
from installation import CONTINUE_URL, PUBLIC_URL
from service import Service


def test_a_mailed_link_leads_to_the_new_password_page_and_works_once(service: Service):
    address = new_address()
    request_id = service.caller.accepted(address)

    mail = service.installation.mailbox.mail_to(address)
    assert mail.link == f"{PUBLIC_URL}/reset/verify?token={mail.token}"

    click = service.open_link(mail.token)
    assert click.status == 303
    assert click.header("location") == CONTINUE_URL.replace("{token}", mail.token)

    verified = service.caller.verify(mail.token)
    assert verified.status == 200
    live = verified.json()
    assert set(live) == {"status", "request_id", "account", "email", "expires_at"}
    assert live["status"] == "live"
    assert (live["request_id"], live["account"], live["email"]) == (request_id, None, address)

    consumed = service.caller.consume(mail.token)
    assert consumed.status == 200
    body = consumed.json()
    assert set(body) == {"request_id", "account", "email", "consumed_at"}
    assert (body["request_id"], body["account"], body["email"]) == (request_id, None, address)

    again = service.caller.consume(mail.token)
    assert (again.status, again.code) == (409, "token_used")
    dead = service.open_link(mail.token)
    assert dead.status == 410
    assert "used" in dead.text.lower()


def test_mail_goes_to_the_accounts_stored_address_and_the_answers_name_the_account(
    service: Service,
):
    typed, stored = new_address(), new_address()
    account = {"id": "42", "email": stored, "locale": "en", "version": "v7"}
    service.caller.accepted(typed, account=account)

    mail = service.installation.mailbox.mail_to(stored)
    live = service.caller.verify(mail.token).json()
    assert live["account"]["id"] == "42"
    assert live["email"] == stored
    assert service.caller.consume(mail.token).json()["account"]["id"] == "42"
    assert service.installation.mailbox.mails_to(typed) == []


def test_separate_serve_and_work_processes_do_the_same(rekey):
    service = rekey.serve("--no-worker")
    rekey.work()
    address = new_address()
    service.caller.accepted(address)
    mail = rekey.mailbox.mail_to(address)
    assert service.caller.consume(mail.token).status == 200


def test_a_worker_serves_nothing_but_health(rekey):
    worker = rekey.work()
    assert worker.alive().status == 200
    refused = worker.caller.request(new_address())
    assert refused.status == 404


def test_a_changed_account_version_is_refused_and_leaves_the_token_unused(service: Service):
    address = new_address()
    account = {"id": "7", "email": address, "version": "before"}
    service.caller.accepted(address, account=account)
    token = service.installation.mailbox.mail_to(address).token

    changed = service.caller.consume(token, account_version="after")
    assert (changed.status, changed.code) == (409, "account_changed")
    assert service.caller.consume(token, account_version="before").status == 200


def test_an_omitted_account_version_compares_nothing(service: Service):
    address = new_address()
    account = {"id": "8", "email": address, "version": "before"}
    service.caller.accepted(address, account=account)
    token = service.installation.mailbox.mail_to(address).token
    assert service.caller.consume(token).status == 200
