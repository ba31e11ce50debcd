"""The SMTP and database peers themselves: what tests of delivery rely on is so."""

from __future__ import annotations

import smtplib
import ssl

import psycopg
import pytest
import smtp_tools
from caller import new_address
from database import Database
from installation import Installation
from pgbouncer import PgBouncer
from polling import eventually
from postfix import Postfix
from sample_mail import SENDER, mail_for
from smtp_tools import Sink

# Postfix


def connect(postfix: Postfix) -> smtplib.SMTP:
    server = smtplib.SMTP("127.0.0.1", postfix.port, timeout=15)
    server.starttls(context=postfix.authority.client_context())
    server.login(postfix.user, postfix.password)
    return server


def test_postfix_takes_a_mail_over_starttls_and_auth_into_the_maildir(postfix: Postfix):
    address = new_address()
    with connect(postfix) as server:
        server.send_message(mail_for(address))
    mail = postfix.mail_to(address)
    assert mail.sender == SENDER
    assert mail.part("text/plain").strip() == "Good day."
    assert mail.raw.startswith(b"From:")
    assert "using TLSv1.3" in mail.trace
    assert f"Authenticated sender: {postfix.user}@" in mail.trace


def test_postfix_speaks_tls_from_the_first_byte_on_its_other_port(postfix: Postfix):
    context = postfix.authority.client_context()
    address = new_address()
    with smtplib.SMTP_SSL("127.0.0.1", postfix.tls_port, context=context, timeout=15) as server:
        server.login(postfix.user, postfix.password)
        server.send_message(mail_for(address))
    postfix.mail_to(address)


def test_postfix_offers_no_auth_in_clear_and_takes_nothing_without_it(postfix: Postfix):
    with smtplib.SMTP("127.0.0.1", postfix.port, timeout=15) as server:
        server.ehlo()
        assert server.has_extn("starttls")
        assert not server.has_extn("auth")
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            server.send_message(mail_for(new_address()))


def test_postfix_refuses_a_wrong_password_and_an_address_without_a_mailbox(postfix: Postfix):
    with smtplib.SMTP("127.0.0.1", postfix.port, timeout=15) as server:
        server.starttls(context=postfix.authority.client_context())
        with pytest.raises(smtplib.SMTPAuthenticationError):
            server.login(postfix.user, "wrong")
        server.login(postfix.user, postfix.password)
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            server.send_message(mail_for("nobody@example.test"))
    assert refused.value.recipients["nobody@example.test"][0] == 550


def test_greylisting_puts_off_the_first_attempt_and_takes_the_second(postfix: Postfix):
    postfix.policy.greylist()
    address = new_address()
    with connect(postfix) as server:
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            server.send_message(mail_for(address))
        assert refused.value.recipients[address][0] == 451
        server.send_message(mail_for(address))
    postfix.mail_to(address)
    assert len(postfix.policy.asked_about(address)) == 2


def test_a_certificate_is_good_for_its_own_authority_alone(postfix: Postfix):
    server = smtplib.SMTP("127.0.0.1", postfix.port, timeout=15)
    with pytest.raises(ssl.SSLCertVerificationError):
        server.starttls(context=ssl.create_default_context())
    server.close()


def test_rekey_delivers_through_starttls_auth_and_greylisting(
    rekey: Installation, postfix: Postfix
):
    rekey.seen.add(postfix.password)
    postfix.policy.greylist()
    service = rekey.serve(REKEY_MAIL_TRANSPORTS=postfix.url())
    address = new_address()
    service.caller.accepted(address)
    eventually(lambda: waits_for_a_retry(rekey), "a message waiting for its retry")
    assert postfix.mails_to(address) == []
    assert "451" in rekey.database.value("SELECT last_error FROM rekey.outbox")
    rekey.database.make_due()
    mail = postfix.mail_to(address)
    assert "Authenticated sender" in mail.trace
    assert "using TLSv1" in mail.trace
    assert service.caller.consume(mail.token).status == 200


def waits_for_a_retry(rekey: Installation) -> bool:
    rows = rekey.database.rows("SELECT attempt, leased_until FROM rekey.outbox")
    return bool(rows) and rows[0]["attempt"] == 1 and rows[0]["leased_until"] is None


# PgBouncer and the SMTP load tools


def test_pgbouncer_shares_few_connections_in_transactions(pgbouncer: PgBouncer, database: Database):
    url = pgbouncer.through(database.role_url("rekey_test_all"))
    clients = [psycopg.connect(url, autocommit=True, prepare_threshold=None) for _ in range(8)]
    backends = {client.execute("SELECT pg_backend_pid()").fetchone() for client in clients}
    assert len(backends) <= 3
    assert len(pgbouncer.show("CLIENTS")) >= 8
    for client in clients:
        client.close()


def test_pgbouncer_may_go_away_and_come_back(pgbouncer: PgBouncer, database: Database):
    url = pgbouncer.through(database.owner_url)
    pgbouncer.stop()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)
    pgbouncer.start()
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_smtp_source_sends_and_smtp_sink_counts(smtp_sink: Sink):
    run = smtp_tools.send(smtp_sink.port, messages=50, sessions=2)
    assert smtp_sink.wait_for(50).messages == 50
    assert run.rate > 0
