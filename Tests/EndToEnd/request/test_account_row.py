"""One row decides over the links of an account: also over those whose account is not known yet, and
over those that wait in the outbox."""

import pytest
from caller import new_address
from directory import Directory
from installation import Installation
from mail_server import Mail
from polling import eventually
from service import Service, mailed_token


@pytest.fixture
def served(rekey: Installation, directory: Directory) -> Service:
    return rekey.serve()


def settled(service: Service, request_id: str) -> str:
    """What became of a request, once its message has ended."""
    rekey = service.installation
    eventually(
        lambda: (
            not rekey.database.rows("SELECT FROM rekey.outbox WHERE request_id = %s", [request_id])
        ),
        "the message's end",
    )
    return service.caller.status(request_id).json()["status"]


def mails(service: Service, address: str) -> list[Mail]:
    return service.installation.mailbox.mails_to(address)


@pytest.mark.parametrize("by", ["account_id", "email"])
def test_what_waits_while_its_account_is_unknown_dies_by_an_invalidate(
    served: Service, directory: Directory, by: str
):
    rekey, stored = served.installation, new_address()
    typed = stored.replace("@", "+typed@")
    directory.accounts[typed] = {"id": "7", "email": stored}
    rekey.succeed("outbox", "pause")
    waiting = served.caller.accepted(typed)
    told = {"account_id": "7"} if by == "account_id" else {"email": typed}
    assert served.caller.invalidate(**told).status == 200
    rekey.succeed("outbox", "resume")
    assert settled(served, waiting) == "dropped"
    assert mails(served, stored) == []
    later = served.caller.accepted(typed)
    token = rekey.mailbox.mail_to(stored).token
    assert served.caller.consume(token).json()["request_id"] == later


def test_what_waits_under_another_spelling_dies_by_a_consume(served: Service, directory: Directory):
    rekey, stored = served.installation, new_address()
    for typed in (stored, stored.replace("@", "+other@")):
        directory.accounts[typed] = {"id": "8", "email": stored}
    served.caller.accepted(stored)
    first = rekey.mailbox.mail_to(stored).token
    rekey.succeed("outbox", "pause")
    waiting = served.caller.accepted(stored.replace("@", "+other@"))
    assert served.caller.consume(first).status == 200
    rekey.succeed("outbox", "resume")
    assert settled(served, waiting) == "dropped"
    assert len(mails(served, stored)) == 1


def test_an_account_that_the_directory_names_meanwhile_is_not_another_ones(
    served: Service, directory: Directory
):
    """Of two accounts with one address each keeps its links."""
    rekey, stored = served.installation, new_address()
    typed = stored.replace("@", "+second@")
    directory.accounts |= {
        stored: {"id": "9", "email": stored},
        typed: {"id": "10", "email": stored},
    }
    served.caller.accepted(stored)
    first = rekey.mailbox.mail_to(stored).token
    served.caller.accepted(typed)
    second = rekey.mailbox.mail_to(stored, 2).token
    assert served.caller.consume(first).status == 200
    assert served.caller.consume(second).status == 200


CAUSES = {
    "sibling_consumed": "Another link for the same account was used",
    "invalidated": "It was withdrawn",
    "completed": "The password was changed",
}


@pytest.mark.parametrize("cause", CAUSES)
def test_a_dead_link_goes_on_telling_what_killed_it_first(service: Service, cause: str):
    address = new_address()
    account = {"id": address, "email": address}
    dead = mailed_token(service, address, account=account)
    other = service.caller.accepted(address, account=account)
    token = service.installation.mailbox.mail_to(address, 2).token
    acts = {
        "sibling_consumed": lambda: service.caller.consume(token),
        "invalidated": lambda: service.caller.invalidate(account_id=address),
        "completed": lambda: service.caller.post("/reset/complete", {"request_id": other}),
    }
    assert acts[cause]().status in (200, 202)
    for act in ("completed", "invalidated"):
        assert acts[act]().status in (200, 202)
    refused = service.caller.verify(dead)
    assert (refused.status, refused.code) == (410, "token_revoked")
    page = service.open_link(dead)
    assert page.status == 410
    assert CAUSES[cause] in page.text
    assert not any(CAUSES[other] in page.text for other in CAUSES if other != cause)


def test_an_expired_link_that_may_have_arrived_is_never_mailed_again(rekey: Installation):
    """Its end is not known, its time runs out, and the next try finds it expired."""
    service = rekey.serve()
    address = new_address()
    rekey.succeed("outbox", "pause")
    request_id = service.caller.accepted(address)
    database = rekey.database
    database.execute(
        "UPDATE rekey.reset_request SET maybe_arrived_at = clock_timestamp(),"
        " expires_at = clock_timestamp() WHERE id = %s", [request_id],
    )  # fmt: skip
    assert service.caller.status(request_id).json()["status"] == "expired"
    rekey.succeed("outbox", "resume")
    assert settled(service, request_id) == "expired"
    assert mails(service, address) == []


def test_what_waits_in_a_workers_hand_is_judged_once_more_before_it_is_sent(rekey: Installation):
    service = rekey.serve("--no-worker")
    held, withdrawn, wanted = (new_address() for _ in range(3))
    hold = rekey.mailbox.hold("RCPT", held)
    service.caller.accepted(held)
    rekey.work(REKEY_WORKER_CONCURRENCY="1")
    hold.wait_until_reached()
    request_id = service.caller.accepted(withdrawn)
    service.caller.accepted(wanted)
    eventually(
        lambda: service.caller.status(request_id).json()["status"] == "sending", "a claim ahead"
    )
    assert service.caller.invalidate(email=withdrawn).json() == {"revoked": 1}
    hold.release()
    assert rekey.mailbox.mail_to(wanted)
    assert settled(service, request_id) == "dropped"
    assert mails(service, withdrawn) == []
