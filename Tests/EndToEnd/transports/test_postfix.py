"""A real mail server, Postfix: how it is signed in to, and what becomes of its answers."""

from __future__ import annotations

import event_receiver
import outbox_rows
import pytest
from caller import new_address
from installation import Installation
from postfix import Postfix
from provider_api import ProviderApi
from service import Service
from template_folder import add_files, check_files, copy_templates


@pytest.fixture
def relayed(rekey: Installation, postfix: Postfix) -> Service:
    """One `rekey serve` with nothing but this server, by STARTTLS and with its password."""
    rekey.seen.add(postfix.password)
    return rekey.serve(REKEY_MAIL_TRANSPORTS=postfix.url())


# Signing in


@pytest.mark.parametrize("mechanism", ["plain", "login"])
def test_it_takes_mail_over_starttls_by_each_mechanism(
    rekey: Installation, postfix: Postfix, mechanism: str
):
    rekey.seen.add(postfix.password)
    service = rekey.serve(REKEY_MAIL_TRANSPORTS=postfix.url(auth=mechanism))
    address = new_address()
    request_id = service.caller.accepted(address)
    mail = postfix.mail_to(address)
    assert "using TLSv1" in mail.trace
    assert f"Authenticated sender: {postfix.user}@" in mail.trace
    assert mail.hello == "reset.example.test"
    outbox_rows.ended(rekey.database, request_id)
    assert service.caller.consume(mail.token).status == 200
    assert f"sasl_method={mechanism.upper()}" in postfix.log


def test_it_takes_mail_with_tls_from_the_first_byte(rekey: Installation, postfix: Postfix):
    rekey.seen.add(postfix.password)
    service = rekey.serve(REKEY_MAIL_TRANSPORTS=postfix.tls_url())
    address = new_address()
    service.caller.accepted(address)
    mail = postfix.mail_to(address)
    assert "using TLSv1" in mail.trace
    assert service.caller.consume(mail.token).status == 200


def test_a_password_may_stand_in_a_file(rekey: Installation, postfix: Postfix):
    rekey.seen.add(postfix.password)
    file = rekey.directory / "password"
    file.touch(0o600)
    file.write_text(postfix.password + "\n")
    url = postfix.url(password_file=str(file)).replace(f":{postfix.password}@", "@")
    service = rekey.serve(REKEY_MAIL_TRANSPORTS=url)
    address = new_address()
    service.caller.accepted(address)
    postfix.mail_to(address)


def test_with_a_wrong_password_the_mail_goes_by_the_second_way(
    rekey: Installation, postfix: Postfix
):
    wrong = postfix.url().replace(postfix.password, "wrong")
    service = rekey.serve(REKEY_MAIL_TRANSPORTS=f"{wrong} smtp://127.0.0.1:{rekey.mailbox.port}")
    address = new_address()
    service.caller.accepted(address)
    mail = rekey.mailbox.mail_to(address)
    assert service.caller.consume(mail.token).status == 200
    assert postfix.mails_to(address) == []


def test_with_a_wrong_password_and_no_other_way_the_mail_waits(
    rekey: Installation, postfix: Postfix
):
    service = rekey.serve(REKEY_MAIL_TRANSPORTS=postfix.url().replace(postfix.password, "wrong"))
    row = outbox_rows.retried(rekey.database, service.caller.accepted(new_address()))
    assert row["last_error"].startswith("auth_535")


@pytest.mark.parametrize("way", ["url", "tls_url"])
def test_a_server_of_an_unknown_authority_gets_no_password_and_no_mail(
    rekey: Installation, postfix: Postfix, way: str
):
    url = getattr(postfix, way)(ca="/etc/ssl/certs/ca-certificates.crt")
    service = rekey.serve(REKEY_MAIL_TRANSPORTS=url)
    address = new_address()
    row = outbox_rows.retried(rekey.database, service.caller.accepted(address))
    assert "tls" in row["last_error"]
    assert postfix.policy.asked_about(address) == []
    assert postfix.mails_to(address) == []


def test_a_server_that_offers_no_tls_where_it_is_wanted_gets_no_password_and_no_mail(
    rekey: Installation,
):
    rekey.seen.add("the-password-of-nobody")
    url = f"smtp://rekey:the-password-of-nobody@127.0.0.1:{rekey.mailbox.port}?tls=required"
    service = rekey.serve(REKEY_MAIL_TRANSPORTS=url)
    row = outbox_rows.retried(rekey.database, service.caller.accepted(new_address()))
    assert row["last_error"] == "ehlo_tls_not_offered"
    assert rekey.mailbox.recipients == []


# Its answers


def test_greylisting_costs_a_second_try_and_no_second_mail(relayed: Service, postfix: Postfix):
    postfix.policy.greylist()
    database = relayed.installation.database
    address = new_address()
    request_id = relayed.caller.accepted(address)
    row = outbox_rows.retried(database, request_id)
    assert row["last_error"] == "rcpt_451_4.7.1"
    assert outbox_rows.wait_of(database, row) < 60
    database.make_due()
    mail = postfix.mail_to(address)
    outbox_rows.ended(database, request_id)
    assert len(postfix.mails_to(address)) == 1
    assert relayed.caller.consume(mail.token).status == 200


def test_an_address_without_a_mailbox_is_a_dead_letter_suppressed_and_told(
    rekey: Installation, postfix: Postfix, plain_api: ProviderApi
):
    rekey.seen.add(postfix.password)
    service = rekey.serve(
        REKEY_MAIL_TRANSPORTS=postfix.url(), **event_receiver.tell(rekey, plain_api)
    )
    address = "nobody@example.test"
    request_id = service.caller.accepted(address)
    row = outbox_rows.dead(rekey.database, request_id)
    assert row["last_error"] == "rcpt_550_5.1.1"
    assert row["attempt"] == 1
    assert service.caller.status(request_id).json()["status"] == "failed"
    (suppression,) = outbox_rows.suppressions(rekey.database)
    assert (suppression["reason"], suppression["source"]) == ("refused", "1-smtp")
    told = event_receiver.event(plain_api, "delivery.failed", request_id)
    assert told["cause"] == "rcpt_550_5.1.1"
    assert told["email"] == address


def test_a_refusal_for_reasons_of_policy_suppresses_nobody(relayed: Service, postfix: Postfix):
    address = new_address()
    postfix.policy.refuse(address, "550 5.7.1 not from here")
    database = relayed.installation.database
    row = outbox_rows.dead(database, relayed.caller.accepted(address))
    assert row["last_error"] == "rcpt_550_5.7.1"
    assert outbox_rows.suppressions(database) == []
    postfix.policy.reset()
    relayed.caller.accepted(address)
    postfix.mail_to(address)


# What arrives


def test_names_and_subjects_in_any_script_arrive_as_they_were(
    rekey: Installation, postfix: Postfix
):
    rekey.seen.add(postfix.password)
    name = "Bücher & Läden „Größe“ 書店 🙂"
    service = rekey.serve(
        REKEY_MAIL_TRANSPORTS=postfix.url(), REKEY_MAIL_FROM=f"{name} <no-reply@shop.example.test>"
    )
    address = new_address()
    service.caller.accepted(address)
    mail = postfix.mail_to(address)
    assert mail.message["From"].addresses[0].display_name == name
    assert mail.message["Subject"] == f"Choose a new password for {name}"
    assert name in mail.part("text/plain")
    assert mail.raw.isascii()
    assert service.caller.consume(mail.token).status == 200


def test_dots_at_the_start_of_lines_arrive_as_they_were(rekey: Installation, postfix: Postfix):
    rekey.seen.add(postfix.password)
    text = copy_templates(rekey) / "link.txt.mustache"
    lines = [".", "..", ". a", ".b", "...", "{{link}}", "", ".", "the end"]
    text.write_text("\n".join(lines) + "\n")
    service = rekey.serve(REKEY_MAIL_TRANSPORTS=postfix.url())
    address = new_address()
    service.caller.accepted(address)
    mail = postfix.mail_to(address)
    arrived = mail.part("text/plain").replace("\r\n", "\n").strip("\n").split("\n")
    assert arrived[:5] == lines[:5]
    assert arrived[6:] == lines[6:]
    assert mail.token


def test_pictures_and_attachments_arrive_bit_by_bit(rekey: Installation, postfix: Postfix):
    rekey.seen.add(postfix.password)
    files = add_files(copy_templates(rekey))
    service = rekey.serve(REKEY_MAIL_TRANSPORTS=postfix.url())
    address = new_address()
    service.caller.accepted(address)
    mail = postfix.mail_to(address, deadline=30)
    check_files(mail, files)
    assert service.caller.consume(mail.token).status == 200
