"""What a mail server may do, and what becomes of the message."""

import pytest
from caller import new_address
from installation import Installation
from mail_server import Mailbox
from polling import eventually
from service import Service


def outbox(service: Service) -> list[dict]:
    return service.installation.database.rows("SELECT * FROM rekey.outbox")


def waits_for_a_retry(service: Service) -> bool:
    """Tried at least once, and not leased any more."""
    rows = outbox(service)
    return bool(rows) and rows[0]["attempt"] >= 1 and rows[0]["leased_until"] is None


def refuse_greeting(mailbox: Mailbox) -> None:
    mailbox.stop()


TRANSIENT = {
    "connection refused": refuse_greeting,
    "421 at RCPT": lambda mailbox: mailbox.on("RCPT", "421 4.3.2 closing"),
    "451 at RCPT": lambda mailbox: mailbox.on("RCPT", "451 4.7.1 greylisted"),
    "452 at DATA": lambda mailbox: mailbox.on("DATA", "452 4.2.2 full"),
    "dropped at RCPT": lambda mailbox: mailbox.on("RCPT", "drop"),
    "dropped at DATA": lambda mailbox: mailbox.on("DATA", "drop"),
}


@pytest.mark.parametrize("fault", TRANSIENT)
def test_after_a_transient_fault_exactly_one_mail_arrives(service: Service, fault: str):
    mailbox, database = service.installation.mailbox, service.installation.database
    TRANSIENT[fault](mailbox)
    address = new_address()
    service.caller.accepted(address)
    eventually(lambda: waits_for_a_retry(service), "a message waiting for its retry")
    (row,) = outbox(service)
    assert row["dead_at"] is None
    assert row["last_error"]
    assert address not in row["last_error"]
    if fault == "connection refused":
        mailbox.start()
    database.make_due()
    mail = mailbox.mail_to(address)
    assert service.caller.consume(mail.token).status == 200
    eventually(lambda: outbox(service) == [], "an empty outbox")


@pytest.mark.parametrize("stage", ["RCPT", "DATA"])
@pytest.mark.parametrize(
    "code", ["550 5.1.1 no", "552 5.2.2 full", "553 5.1.3 bad", "554 5.7.1 no"]
)
def test_a_permanent_refusal_is_a_dead_letter_after_one_try(
    service: Service, stage: str, code: str
):
    service.installation.mailbox.on(stage, code, times=5)
    service.caller.accepted(new_address())
    eventually(lambda: outbox(service)[0]["dead_at"], "a dead letter")
    (row,) = outbox(service)
    assert row["attempt"] == 1
    assert code[:3] in row["last_error"]
    assert service.installation.mailbox.mails == []


def test_one_bad_recipient_does_not_hold_up_the_others(service: Service):
    mailbox = service.installation.mailbox
    bad, good = new_address(), [new_address() for _ in range(20)]
    mailbox.on("RCPT", "550 5.1.1 no", recipient=bad, times=9)
    service.caller.accepted(bad)
    for address in good:
        service.caller.accepted(address)
    for address in good:
        mailbox.mail_to(address)


def test_one_hanging_transfer_does_not_hold_up_the_others(service: Service):
    mailbox = service.installation.mailbox
    slow, quick = new_address(), new_address()
    mailbox.on("DATA", "hang", recipient=slow)
    service.caller.accepted(slow)
    eventually(lambda: [one for one in mailbox.recipients if one[0] == slow], "the slow one")
    service.caller.accepted(quick)
    mailbox.mail_to(quick)
    mailbox.stop()


def test_a_lost_acknowledgement_costs_at_most_one_more_mail_the_same_as_the_first(
    service: Service,
):
    mailbox, database = service.installation.mailbox, service.installation.database
    mailbox.on("DATA", "keep-and-drop")
    address = new_address()
    service.caller.accepted(address)
    mailbox.mail_to(address)
    eventually(lambda: waits_for_a_retry(service), "a retry")
    database.make_due()
    eventually(lambda: outbox(service) == [], "an empty outbox")
    first, second = mailbox.mails_to(address)
    assert first.message_id == second.message_id
    assert first.link == second.link
    assert service.caller.consume(first.token).status == 200


def test_retries_may_wait_longer_and_longer(service: Service):
    mailbox, database = service.installation.mailbox, service.installation.database
    mailbox.on("RCPT", "451 4.7.1 later", times=4)
    service.caller.accepted(new_address())
    waits = []
    for attempt in (1, 2, 3, 4):
        eventually(
            lambda n=attempt: outbox(service)[0]["attempt"] == n and waits_for_a_retry(service),
            f"attempt {attempt}",
        )
        waits.append(
            database.value("SELECT extract(epoch FROM run_at - clock_timestamp())::float8"
                           " FROM rekey.outbox")
        )  # fmt: skip
        database.make_due()
    # Full jitter: each is at random from 1 s to its bound, less what reading it took.
    assert all(0 < wait <= 10 * 2**number for number, wait in enumerate(waits))


def test_a_link_that_was_late_lives_its_whole_life_from_when_it_was_sent(rekey: Installation):
    service = rekey.serve("--no-worker")
    address = new_address()
    request_id = service.caller.accepted(address)
    rekey.database.age(request_id, "1 hour")
    rekey.work()
    token = rekey.mailbox.mail_to(address).token
    left = rekey.database.value(
        "SELECT extract(epoch FROM expires_at - clock_timestamp())::float8 FROM rekey.reset_request"
    )
    assert 1700 < left <= 1800
    assert service.caller.consume(token).status == 200


def test_a_message_older_than_give_up_after_is_dropped_and_never_sent(rekey: Installation):
    service = rekey.serve("--no-worker")
    request_id = service.caller.accepted(new_address())
    rekey.database.age(request_id, "2 hours 1 minute")
    rekey.work()
    eventually(lambda: rekey.database.count("outbox") == 0, "an empty outbox")
    assert rekey.mailbox.mails == []
    assert service.caller.status(request_id).json()["status"] in ("dropped", "expired")
