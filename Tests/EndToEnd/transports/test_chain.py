"""Several transports in their order: when the next one is taken, and when the first is again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import outbox_rows
import pytest
from api_transports import use
from caller import new_address
from installation import Installation
from mail_server import Mailbox
from polling import eventually
from provider_api import ProviderApi
from provider_server import DROP
from providers import Answer
from proxy import Proxy
from service import Service

FIRST, SECOND = "1-smtp", "2-smtp"


@pytest.fixture
def second() -> Iterator[Mailbox]:
    made = Mailbox()
    yield made
    made.stop()


@pytest.fixture
def chained(rekey: Installation, second: Mailbox) -> Service:
    """One `rekey serve` that prefers the mailbox of the installation to the second one."""
    ports = (rekey.mailbox.port, second.port)
    return rekey.serve(REKEY_MAIL_TRANSPORTS=" ".join(f"smtp://127.0.0.1:{port}" for port in ports))


def ask(service: Service, count: int) -> dict[str, str]:
    """Requests of so many people, by address."""
    return {address: service.caller.accepted(address) for address in map(_address, range(count))}


def _address(_: int) -> str:
    return new_address()


def states(service: Service) -> dict[str, str]:
    """What /readyz says of each transport."""
    shown = service.ready().json()["checks"]["transports"]
    return dict(one.split(" ") for one in shown.split(", "))


def changes(service: Service, transport: str) -> list[dict[str, Any]]:
    """The lines of the log that say how a transport has come to fare."""
    return [
        line for line in service.log_lines()
        if line["message"] == "transport" and line["transport"] == transport
    ]  # fmt: skip


def test_while_all_is_well_everything_goes_by_the_first(chained: Service, second: Mailbox):
    for address in ask(chained, 10):
        chained.installation.mailbox.mail_to(address)
    assert second.mails == []
    assert states(chained) == {FIRST: "closed", SECOND: "closed"}


def test_a_first_that_refuses_connections_is_passed_by_until_it_is_back(
    chained: Service, second: Mailbox
):
    first, database = chained.installation.mailbox, chained.installation.database
    first.stop()
    asked = ask(chained, 10)
    for address, request_id in asked.items():
        second.mail_to(address)
        outbox_rows.ended(database, request_id)
    assert len(second.mails) == 10
    eventually(lambda: states(chained)[FIRST] == "open", "the first to be open")
    assert states(chained)[SECOND] == "closed"
    # It makes nobody unready.
    assert chained.ready().status == 200
    line = changes(chained, FIRST)[0]
    assert (line["state"], line["cause"], line["level"]) == ("open", "connect_refused", "warning")
    first.start()

    def is_back() -> bool:
        (address,) = ask(chained, 1)
        eventually(lambda: first.mails_to(address) or second.mails_to(address), "a mail")
        return bool(first.mails_to(address))

    eventually(is_back, "the first to be taken again", 60)
    eventually(lambda: states(chained)[FIRST] == "closed", "the first to be closed")
    assert [one["state"] for one in changes(chained, FIRST)][-1] == "closed"
    later = ask(chained, 5)
    for address in later:
        first.mail_to(address)


def test_how_each_fares_stands_in_the_database(chained: Service, second: Mailbox):
    database = chained.installation.database
    chained.installation.mailbox.stop()
    for address in ask(chained, 5):
        second.mail_to(address)

    def row() -> dict[str, Any]:
        rows = database.rows("SELECT * FROM rekey.transport_state ORDER BY transport")
        return {one["transport"]: one for one in rows}

    eventually(lambda: row().get(FIRST, {}).get("state") in ("open", "half_open"), "its state")
    found = row()
    assert set(found) == {FIRST, SECOND}
    assert found[FIRST]["cause"] == "connect_refused"
    assert (found[SECOND]["state"], found[SECOND]["cause"]) == ("closed", None)


def test_a_first_that_says_nothing_holds_up_few_and_not_for_long(
    rekey: Installation, second: Mailbox
):
    silent = Proxy(("127.0.0.1", rekey.mailbox.port))
    silent.go_silent()
    service = rekey.serve(
        REKEY_MAIL_TRANSPORTS=f"smtp://127.0.0.1:{silent.port}?timeout=4s"
        f" smtp://127.0.0.1:{second.port}"
    )
    asked = ask(service, 20)
    for address in asked:
        second.mail_to(address, deadline=20)
    for request_id in asked.values():
        outbox_rows.ended(rekey.database, request_id)
    assert len(second.mails) == 20
    assert rekey.mailbox.mails == []
    silent.close()


def test_what_the_first_puts_off_goes_by_the_second_at_once(chained: Service, second: Mailbox):
    chained.installation.mailbox.on("RCPT", "451 4.7.1 greylisted")
    ((address, request_id),) = ask(chained, 1).items()
    second.mail_to(address)
    outbox_rows.ended(chained.installation.database, request_id)
    assert chained.installation.mailbox.mails == []
    # That was about this mail, not about the server.
    assert states(chained)[FIRST] == "closed"


def test_what_the_first_refuses_for_good_is_not_offered_to_the_second(
    chained: Service, second: Mailbox
):
    chained.installation.mailbox.on("RCPT", "550 5.1.1 no such user")
    ((_, request_id),) = ask(chained, 1).items()
    outbox_rows.dead(chained.installation.database, request_id)
    assert second.recipients == []


def test_after_an_end_that_nobody_knows_no_other_way_is_taken_before_its_wait_is_over(
    chained: Service, second: Mailbox
):
    first, database = chained.installation.mailbox, chained.installation.database
    first.on("DATA", "keep-and-drop")
    before = outbox_rows.now(database)
    ((address, request_id),) = ask(chained, 1).items()
    row = outbox_rows.retried(database, request_id)
    assert row["last_error"].startswith("uncertain_")
    assert (row["run_at"] - before).total_seconds() >= 300
    assert second.recipients == []
    first.stop()
    database.make_due()
    again = second.mail_to(address)
    (once,) = first.mails_to(address)
    assert (again.message_id, again.link) == (once.message_id, once.link)


def test_with_no_way_left_the_mail_waits(chained: Service, second: Mailbox):
    database = chained.installation.database
    chained.installation.mailbox.stop()
    second.stop()
    ((address, request_id),) = ask(chained, 1).items()
    row = outbox_rows.retried(database, request_id)
    assert row["last_error"] == "connect_refused"
    assert outbox_rows.wait_of(database, row) <= 10
    second.start()
    database.make_due()
    second.mail_to(address)


def test_an_api_that_hangs_does_not_slow_the_mails_of_the_other_one(
    rekey: Installation, provider_api: ProviderApi
):
    use(rekey, provider_api, "sendgrid", "postmark")
    for _ in range(3):
        provider_api.hold("sendgrid")
    service = rekey.serve()
    asked = ask(service, 20)
    held = eventually(
        lambda: len(provider_api.mails) >= 17 and len(provider_api.received) - 17, "17 mails", 15
    )
    assert held <= 3
    assert {one.provider for one in provider_api.taken} == {"postmark"}
    assert len(asked) == 20


def test_an_api_that_asks_to_be_left_alone_is_while_the_other_one_works(
    rekey: Installation, provider_api: ProviderApi
):
    use(rekey, provider_api, "resend", "postmark")
    provider_api.on("resend", Answer(429, None, {"Retry-After": "600"}))
    service = rekey.serve()
    (first,) = ask(service, 1)
    provider_api.mail_to(first)
    for address in ask(service, 10):
        provider_api.mail_to(address)
    assert states(service) == {"1-resend": "open", "2-postmark": "closed"}
    provider_api.requests_to("resend", 1)
    provider_api.requests_to("postmark", 11)


def test_after_a_call_that_may_have_arrived_the_other_api_is_not_asked(
    rekey: Installation, provider_api: ProviderApi
):
    use(rekey, provider_api, "mailgun", "postmark")
    provider_api.on("mailgun", DROP)
    service = rekey.serve()
    ((_, request_id),) = ask(service, 1).items()
    row = outbox_rows.retried(rekey.database, request_id)
    assert row["last_error"].startswith("uncertain_http_")
    assert {one.provider for one in provider_api.received} == {"mailgun"}
