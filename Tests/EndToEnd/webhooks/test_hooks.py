"""What providers report later: who reports is proved, and who cannot be reached is left alone."""

from __future__ import annotations

import json
from dataclasses import replace

import event_receiver
import hook_calls
import outbox_rows
import pytest
from caller import new_address
from hook_calls import Ses
from hooked import NAMES, Hooked, report
from installation import Installation

# What is reported


@pytest.mark.parametrize("name", NAMES)
def test_after_a_bounce_the_address_gets_no_mail_and_the_main_app_is_told(
    hooked: Hooked, name: str
):
    request_id, address = hooked.mailed()
    call = hooked.providers[name].bounce(address, request_id)
    assert report(hooked.service, name, call).status == 200
    data = event_receiver.event(hooked.receiver, "delivery.failed", request_id)
    assert (data["cause"], data["email"]) == ("bounce", address)
    assert hooked.is_suppressed(address)


@pytest.mark.parametrize("name", NAMES)
def test_after_a_complaint_the_address_gets_no_mail_and_the_request_is_disputed(
    hooked: Hooked, name: str
):
    request_id, address = hooked.mailed()
    call = hooked.providers[name].complaint(address, request_id)
    assert report(hooked.service, name, call).status == 200
    data = event_receiver.event(hooked.receiver, "request.disputed", request_id)
    assert (data["cause"], data["email"]) == ("complaint", address)
    assert hooked.is_suppressed(address)


@pytest.mark.parametrize("name", NAMES)
def test_what_says_nothing_of_the_address_changes_nothing(hooked: Hooked, name: str):
    request_id, address = hooked.mailed()
    call = hooked.providers[name].passing(address, request_id)
    assert report(hooked.service, name, call).status == 200
    assert not hooked.is_suppressed(address)
    assert event_receiver.taken(hooked.receiver, request_id) == []


def test_a_bounce_that_names_no_request_of_ours_still_suppresses(hooked: Hooked):
    _, address = hooked.mailed()
    count = len(event_receiver.taken(hooked.receiver))
    for name in ("", "x", "0192d3a4-5b6c-7def-8123-456789abcdef"):
        call = hooked.providers["postmark"].bounce(address, name)
        assert report(hooked.service, "postmark", call).status == 200
    assert hooked.is_suppressed(address)
    reported = [one for one in event_receiver.taken(hooked.receiver)[count:] if
                one["data"]["cause"] == "bounce"]  # fmt: skip
    assert reported == []


def test_an_address_with_a_name_or_its_domain_in_capitals_is_the_same_address(hooked: Hooked):
    request_id, address = hooked.mailed()
    shown = f"Some Body <{address.replace('example.test', 'EXAMPLE.Test')}>"
    call = hooked.providers["postmark"].bounce(shown, request_id)
    assert report(hooked.service, "postmark", call).status == 200
    assert hooked.is_suppressed(address)


def test_an_older_signature_of_sns_is_taken_too(rekey: Installation):
    ses = Ses("1")
    service = rekey.serve(**ses.settings(rekey.directory))
    address = new_address()
    assert report(service, "ses", ses.bounce(address, "x")).status == 200
    assert len(outbox_rows.suppressions(rekey.database)) == 1


def test_a_large_batch_is_taken_as_a_whole(hooked: Hooked):
    sendgrid = hooked.providers["sendgrid"]
    people = [new_address() for _ in range(1_000)]
    before = hooked.database.count("suppression")
    call = sendgrid.batch(
        *(sendgrid.event("bounce", one, "x", type="bounce") for one in people),
        *(sendgrid.event("delivered", one, "x") for one in people),
    )
    assert len(call.body) > 350_000
    assert report(hooked.service, "sendgrid", call).status == 200
    assert hooked.database.count("suppression") - before == 1_000
    assert hooked.is_suppressed(people[0])
    assert hooked.is_suppressed(people[-1])


def test_the_same_event_in_another_batch_counts_once(hooked: Hooked):
    request_id, address = hooked.mailed()
    sendgrid = hooked.providers["sendgrid"]
    event = sendgrid.event("spamreport", address, request_id)
    for call in (sendgrid.batch(event), sendgrid.batch(event, event)):
        assert report(hooked.service, "sendgrid", call).status == 200
    event_receiver.event(hooked.receiver, "request.disputed", request_id)
    # Those of a later one come after those of an earlier one.
    other, elsewhere = hooked.mailed()
    report(hooked.service, "sendgrid", sendgrid.complaint(elsewhere, other))
    event_receiver.event(hooked.receiver, "request.disputed", other)
    assert len(event_receiver.taken(hooked.receiver, request_id)) == 1


# Who reports


@pytest.mark.parametrize("name", NAMES)
def test_a_forged_call_changes_nothing(hooked: Hooked, name: str):
    request_id, address = hooked.mailed()
    genuine = hooked.providers[name].bounce(address, request_id)
    calls = [hooked.providers[name].forged(address, request_id), replace(genuine, headers={})]
    if name in ("sendgrid", "ses"):
        body = genuine.body.replace(address.encode(), b"x" + address.encode())
        assert body != genuine.body
        calls.append(replace(genuine, body=body))
    for call in calls[: 1 if name in ("mailgun", "ses") else 2] + calls[2:]:
        answer = report(hooked.service, name, call)
        assert (answer.status, answer.code) == (401, "hook_unauthenticated")
        assert answer.header("www-authenticate")
    assert not hooked.is_suppressed(address)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_call_again_is_a_replay_without_effect(hooked: Hooked, name: str):
    request_id, address = hooked.mailed()
    call = hooked.providers[name].complaint(address, request_id)
    assert report(hooked.service, name, call).status == 200
    event_receiver.event(hooked.receiver, "request.disputed", request_id)
    hooked.database.execute("DELETE FROM rekey.suppression")
    for _ in range(2):
        answer = report(hooked.service, name, call)
        assert (answer.status, answer.code) == (409, "hook_replayed")
    assert not hooked.is_suppressed(address)
    assert len(event_receiver.taken(hooked.receiver, request_id)) == 1


def test_mailgun_signs_no_event_so_a_token_counts_once(hooked: Hooked):
    request_id, address = hooked.mailed()
    mailgun = hooked.providers["mailgun"]
    seen = mailgun.call(mailgun.event("delivered", address, request_id))
    assert report(hooked.service, "mailgun", seen).status == 200
    forged = json.loads(seen.body)
    forged["event-data"] = mailgun.event("complained", address, request_id)
    call = replace(seen, body=json.dumps(forged).encode())
    assert report(hooked.service, "mailgun", call).status == 409
    assert not hooked.is_suppressed(address)


@pytest.mark.parametrize("name", ["sendgrid", "mailgun", "ses"])
def test_a_call_of_yesterday_is_refused_and_one_of_today_is_not(hooked: Hooked, name: str):
    request_id, address = hooked.mailed()
    stale = hooked.providers[name].bounce(address, request_id, age=24 * 3600 + 60)
    assert report(hooked.service, name, stale).code == "hook_unauthenticated"
    early = hooked.providers[name].bounce(address, request_id, age=-3600)
    assert report(hooked.service, name, early).code == "hook_unauthenticated"
    assert not hooked.is_suppressed(address)
    late = hooked.providers[name].bounce(address, request_id, age=23 * 3600)
    assert report(hooked.service, name, late).status == 200
    assert hooked.is_suppressed(address)


def test_a_topic_of_somebody_else_is_refused(hooked: Hooked):
    ses = hooked.providers["ses"]
    call = ses.message({}, topic=hook_calls.TOPIC + "x")
    assert report(hooked.service, "ses", call).code == "hook_unauthenticated"
