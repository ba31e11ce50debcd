"""Calls of HTTPS APIs: each way one can end has its outcome."""

from __future__ import annotations

import outbox_rows
import pytest
from api_transports import APIS, identity, use
from caller import new_address
from installation import Installation
from polling import eventually
from provider_api import ProviderApi
from provider_server import DROP, KEEP_AND_DROP
from providers import Answer
from served import Served

# A provider that is busy or broken


def test_a_mail_that_met_an_error_of_the_server_is_delivered_later_under_the_same_name(
    served: Served,
):
    served.api.on(served.name, Answer(500))
    request_id, address = served.ask()
    row = outbox_rows.retried(served.database, request_id)
    assert row["last_error"].startswith("http_500")
    served.database.make_due()
    mail = served.api.mail_to(address)
    first, second = served.requests_for(address)
    assert identity(first) == identity(second)
    assert served.service.caller.consume(mail.token).status == 200


def test_a_redirection_is_not_followed(served: Served, plain_api: ProviderApi):
    elsewhere = {"Location": f"{plain_api.address}/webhook"}
    served.api.on(served.name, Answer(302, None, elsewhere))
    request_id, address = served.ask()
    row = outbox_rows.retried(served.database, request_id)
    assert row["last_error"] == "http_302"
    assert plain_api.received == []
    served.database.make_due()
    served.api.mail_to(address)
    assert plain_api.received == []


@pytest.mark.parametrize("name", APIS)
def test_who_asks_to_be_left_alone_for_a_while_is(
    rekey: Installation, provider_api: ProviderApi, name: str
):
    use(rekey, provider_api, name)
    provider_api.on(name, Answer(429, None, {"Retry-After": "600"}))
    service = rekey.serve()
    before = outbox_rows.now(rekey.database)
    row = outbox_rows.retried(rekey.database, service.caller.accepted(new_address()))
    assert row["last_error"].startswith("http_429")
    assert 600 <= (row["run_at"] - before).total_seconds() <= 640
    # Nor are others sent there before, nor this one where an operator is in a hurry.
    rekey.database.make_due()
    later = service.caller.accepted(new_address())
    eventually(lambda: "open" in service.ready().json()["checks"]["transports"], "it to be open")
    assert outbox_rows.mail(rekey.database, later)["failures"] == 0
    assert len(provider_api.received) == 1


def test_who_asked_for_a_moment_gets_the_mail_after_it(
    rekey: Installation, provider_api: ProviderApi
):
    use(rekey, provider_api, "resend")
    provider_api.on("resend", Answer(429, None, {"Retry-After": "1"}))
    service = rekey.serve()
    address = new_address()
    outbox_rows.retried(rekey.database, service.caller.accepted(address))
    rekey.database.make_due()
    mail = provider_api.mail_to(address)
    first, second = provider_api.requests_to("resend", 2)
    assert first.idempotency_key == second.idempotency_key
    assert first.body == second.body
    assert service.caller.consume(mail.token).status == 200


def test_a_date_to_come_back_at_is_understood(rekey: Installation, provider_api: ProviderApi):
    use(rekey, provider_api, "postmark")
    moment = rekey.database.value(
        "SELECT to_char((clock_timestamp() + interval '15 minutes') AT TIME ZONE 'UTC',"
        " 'Dy, DD Mon YYYY HH24:MI:SS \"GMT\"')"
    )
    provider_api.on("postmark", Answer(503, None, {"Retry-After": moment}))
    service = rekey.serve()
    before = outbox_rows.now(rekey.database)
    row = outbox_rows.retried(rekey.database, service.caller.accepted(new_address()), deadline=30)
    assert 840 <= (row["run_at"] - before).total_seconds() <= 940


def test_a_call_that_hangs_does_not_hold_up_others(served: Served):
    hold = served.api.hold(served.name)
    request_id, slow = served.ask()
    hold.wait_until_reached()
    others = [served.ask()[1] for _ in range(5)]
    for address in others:
        served.api.mail_to(address)
    assert served.status_of(request_id) == "sending"
    hold.release()
    served.api.mail_to(slow)
    outbox_rows.ended(served.database, request_id)


# A call whose end nobody knows


@pytest.mark.parametrize("act", [DROP, KEEP_AND_DROP])
@pytest.mark.parametrize("name", APIS)
def test_after_an_end_that_nobody_knows_five_minutes_pass_before_the_next_try(
    rekey: Installation, provider_api: ProviderApi, name: str, act: str
):
    use(rekey, provider_api, name)
    provider_api.on(name, act)
    service = rekey.serve()
    before = outbox_rows.now(rekey.database)
    address = new_address()
    request_id = service.caller.accepted(address)
    row = outbox_rows.retried(rekey.database, request_id)
    assert row["last_error"].startswith("uncertain_http_")
    assert (row["run_at"] - before).total_seconds() >= 300
    assert len(provider_api.received) == 1
    rekey.database.make_due()
    outbox_rows.ended(rekey.database, request_id)
    first, second = provider_api.requests_to(name, 2)
    assert identity(first) == identity(second)
    assert first.mail.link == second.mail.link
    # Resend knows the mail by its key.
    copies = 2 if act == KEEP_AND_DROP and name != "resend" else 1
    assert len(provider_api.mails_to(address)) == copies
    assert service.caller.consume(second.mail.token).status == 200


def test_a_kept_connection_that_dies_after_the_call_leaves_an_end_that_nobody_knows(
    served: Served,
):
    served.api.mail_to(served.ask()[1])
    served.api.on(served.name, DROP)
    request_id, address = served.ask()
    row = outbox_rows.retried(served.database, request_id)
    assert row["last_error"].startswith("uncertain_http_")
    served.database.make_due()
    outbox_rows.ended(served.database, request_id)
    first, second = served.requests_for(address)
    assert identity(first) == identity(second)
    assert len(served.api.mails_to(address)) == 1


def test_a_call_that_ran_out_of_time_has_an_end_that_nobody_knows(
    rekey: Installation, provider_api: ProviderApi
):
    use(rekey, provider_api, "sendgrid", timeout="1s")
    provider_api.hold("sendgrid")
    service = rekey.serve()
    before = outbox_rows.now(rekey.database)
    row = outbox_rows.retried(rekey.database, service.caller.accepted(new_address()))
    assert row["last_error"] == "uncertain_http_timeout"
    assert (row["run_at"] - before).total_seconds() >= 300
