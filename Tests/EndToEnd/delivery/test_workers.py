"""Workers on their own: leases are fenced, what is interrupted is handed back, poison ends dead."""

from __future__ import annotations

import signal
from typing import Any

import outbox_rows
import pytest
from caller import new_address
from installation import Installation
from mail_server import Hold
from polling import eventually
from service import Service

LEASE = "15s"


@pytest.fixture
def two_workers(rekey: Installation) -> tuple[Service, Service, Service]:
    """A serving process that sends nothing, and two that send."""
    rekey.settings["REKEY_WORKER_LEASE"] = LEASE
    return rekey.serve("--no-worker"), rekey.work(), rekey.work()


def ends_of(service: Service, request_id: str) -> list[dict[str, Any]]:
    """What a worker has said of its attempts at a request's mail."""
    return [
        line for line in service.log_lines()
        if line["message"] == "message" and line.get("request_id") == request_id
    ]  # fmt: skip


def status_of(service: Service, request_id: str) -> str:
    return service.caller.status(request_id).json()["status"]


def in_transfer(rekey: Installation, stage: str) -> tuple[Service, Service, Hold, str, str]:
    """A serving process; a worker in the middle of a transfer, what holds it there, and the
    transfer's address and request."""
    serving, worker = rekey.serve("--no-worker"), rekey.work()
    hold = rekey.mailbox.hold(stage)
    address = new_address()
    request_id = serving.caller.accepted(address)
    hold.wait_until_reached()
    return serving, worker, hold, address, request_id


def halt(service: Service) -> None:
    """The process stands still, with its connections open."""
    service.process.send_signal(signal.SIGSTOP)


def resume(service: Service) -> None:
    service.process.send_signal(signal.SIGCONT)


# Sharing the work


def test_two_workers_share_the_mails_and_each_arrives_once(two_workers):
    serving, *working = two_workers
    mailbox = serving.installation.mailbox
    ids = {serving.caller.accepted(address := new_address()): address for _ in range(40)}
    for address in ids.values():
        mailbox.mail_to(address)
    for request_id in ids:
        outbox_rows.ended(serving.installation.database, request_id)
    assert len(mailbox.mails) == 40
    done = [sum(len(ends_of(worker, one)) for one in ids) for worker in working]
    assert sum(done) == 40


def test_what_a_killed_worker_held_is_sent_by_another_when_its_lease_is_over(rekey: Installation):
    rekey.settings["REKEY_WORKER_LEASE"] = LEASE
    _, worker, hold, address, request_id = in_transfer(rekey, "RCPT")
    worker.kill()
    row = outbox_rows.mail(rekey.database, request_id)
    assert 0 < outbox_rows.wait_of(rekey.database, row) <= 15
    rekey.work()
    outbox_rows.expire_leases(rekey.database)
    rekey.mailbox.mail_to(address)
    hold.release()
    outbox_rows.ended(rekey.database, request_id)
    assert len(rekey.mailbox.mails) == 1


# The fence


def renewals(rekey: Installation) -> int:
    return rekey.database.calls("i(id, attempt)\n")


def test_a_worker_that_lost_its_lease_before_the_data_sends_nothing(rekey: Installation):
    rekey.settings["REKEY_WORKER_LEASE"] = LEASE
    serving, first, hold, address, request_id = in_transfer(rekey, "RCPT")
    halt(first)
    outbox_rows.expire_leases(rekey.database)
    second = rekey.work()
    token = rekey.mailbox.mail_to(address).token
    outbox_rows.ended(rekey.database, request_id)
    before = rekey.database.request(request_id)
    renewed = renewals(rekey)
    resume(first)
    # It asks for its leases first of all, and learns that this one is gone.
    eventually(lambda: renewals(rekey) > renewed, "the first worker's look at its leases", 30)
    hold.release()
    eventually(lambda: ends_of(first, request_id), "the end of the first attempt", 30)
    (end,) = ends_of(first, request_id)
    assert end["outcome"] == "lease_lost"
    assert [one["outcome"] for one in ends_of(second, request_id)] == ["sent"]
    assert len(rekey.mailbox.mails) == 1
    assert rekey.database.request(request_id) == before
    assert serving.caller.consume(token).status == 200


@pytest.mark.long
def test_a_worker_that_was_stopped_for_longer_than_its_lease_knows_by_itself(rekey: Installation):
    """Nothing but time tells it here: it takes up its transfer before it asks the database."""
    rekey.settings["REKEY_WORKER_LEASE"] = LEASE
    _, first, hold, address, request_id = in_transfer(rekey, "RCPT")
    halt(first)
    # The lease runs out by the database's clock alone, and the second worker finds it so.
    rekey.work()
    rekey.mailbox.mail_to(address, deadline=30)
    hold.release()
    resume(first)
    eventually(lambda: ends_of(first, request_id), "the end of the first attempt", 30)
    assert ends_of(first, request_id)[0]["outcome"] == "lease_lost"
    assert len(rekey.mailbox.mails) == 1


def test_a_worker_that_lost_its_lease_after_the_final_dot_changes_nothing(rekey: Installation):
    rekey.settings["REKEY_WORKER_LEASE"] = LEASE
    serving, first, hold, address, request_id = in_transfer(rekey, "DATA")
    halt(first)
    outbox_rows.expire_leases(rekey.database)
    second = rekey.work()
    rekey.mailbox.mail_to(address)
    outbox_rows.ended(rekey.database, request_id)
    before = rekey.database.request(request_id)
    hold.release()
    resume(first)
    eventually(lambda: ends_of(first, request_id), "the end of the first attempt", 30)
    assert ends_of(first, request_id)[0]["outcome"] == "lease_lost"
    assert [one["outcome"] for one in ends_of(second, request_id)] == ["sent"]
    assert rekey.database.request(request_id) == before
    assert rekey.database.count("outbox") == 0
    mails = rekey.mailbox.mails_to(address)
    assert len(mails) <= 2
    assert {(mail.message_id, mail.link) for mail in mails} == {
        (mails[0].message_id, mails[0].link)
    }
    assert serving.caller.consume(mails[0].token).status == 200


# The end of a process


def test_sigterm_lets_a_mail_in_hand_be_delivered(rekey: Installation):
    serving, worker, hold, address, request_id = in_transfer(rekey, "DATA")
    worker.process.terminate()
    hold.release()
    assert worker.process.wait(25) == 0
    worker.killed = True
    assert outbox_rows.mail(rekey.database, request_id) is None
    assert status_of(serving, request_id) == "sent"
    assert len(rekey.mailbox.mails_to(address)) == 1


@pytest.mark.long
@pytest.mark.parametrize("stage", ["RCPT", "DATA"])
def test_sigterm_leaves_no_lease_behind_where_the_mail_server_does_not_answer(
    rekey: Installation, stage: str
):
    serving, worker, _, address, request_id = in_transfer(rekey, stage)
    worker.process.terminate()
    assert worker.process.wait(30) == 0
    worker.killed = True
    row = outbox_rows.mail(rekey.database, request_id)
    assert row
    assert row["leased_until"] is None
    assert row["dead_at"] is None
    if stage == "RCPT":
        # Interrupted before anything left: not counted as a failure, and due at once.
        assert (row["failures"], row["lost"]) == (0, 0)
        assert outbox_rows.wait_of(rekey.database, row) <= 0
    else:
        assert outbox_rows.wait_of(rekey.database, row) > 250
    rekey.mailbox.stop()
    rekey.mailbox.start()
    rekey.database.make_due()
    rekey.work()
    token = rekey.mailbox.mail_to(address).token
    assert serving.caller.consume(token).status == 200


# Poison


def test_a_mail_that_takes_its_workers_down_again_and_again_is_dead_and_others_flow(
    rekey: Installation,
):
    rekey.settings["REKEY_WORKER_LEASE"] = LEASE
    rekey.settings["REKEY_WORKER_POISON_AFTER"] = "2"
    serving = rekey.serve("--no-worker")
    bad = new_address()
    request_id = serving.caller.accepted(bad)
    for number in (1, 2):
        hold = rekey.mailbox.hold("RCPT", recipient=bad)
        worker = rekey.work()
        hold.wait_until_reached()
        worker.kill()
        hold.release()
        outbox_rows.expire_leases(rekey.database)
        assert outbox_rows.mail(rekey.database, request_id)["lost"] == number - 1
    good = [new_address() for _ in range(5)]
    for address in good:
        serving.caller.accepted(address)
    rekey.work()
    for address in good:
        rekey.mailbox.mail_to(address)
    row = outbox_rows.dead(rekey.database, request_id)
    assert (row["last_error"], row["lost"]) == ("poison", 2)
    assert rekey.mailbox.mails_to(bad) == []
    assert status_of(serving, request_id) == "failed"


def test_one_that_was_lost_less_often_is_still_sent(rekey: Installation):
    rekey.settings["REKEY_WORKER_POISON_AFTER"] = "2"
    serving = rekey.serve("--no-worker")
    address = new_address()
    hold = rekey.mailbox.hold("RCPT", recipient=address)
    request_id = serving.caller.accepted(address)
    worker = rekey.work()
    hold.wait_until_reached()
    worker.kill()
    hold.release()
    outbox_rows.expire_leases(rekey.database)
    rekey.work()
    rekey.mailbox.mail_to(address)
    outbox_rows.ended(rekey.database, request_id)
