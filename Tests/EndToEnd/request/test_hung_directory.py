"""A directory that accepts and never answers, and the caller who has nothing to do with it."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator

import pytest
from caller import Caller, new_address
from directory import Directory
from installation import Installation
from polling import eventually
from service import Service

REQUESTS = 100


@pytest.fixture
def hung(directory: Directory) -> Iterator[threading.Event]:
    """Set, the directory answers again; those that hang are let go without an answer."""
    released = threading.Event()
    directory.misbehave = lambda call: not released.is_set() and released.wait(120)
    yield released
    released.set()


@pytest.fixture
def without_directory(rekey: Installation) -> str:
    """The key of a caller whose mails go to the typed address."""
    (rekey.directory / "rekey.yaml").write_text("callers:\n  other:\n    accounts.mode: none\n")
    key = rekey.add_caller("other")
    rekey.seen.add(key)
    return key


def mail_at_once(service: Service, caller: Caller) -> float:
    """How long a mail takes from its request, which must be less than a second."""
    address = new_address()
    start = time.monotonic()
    caller.accepted(address)
    service.installation.mailbox.mail_to(address, deadline=1)
    return time.monotonic() - start


def states(rekey: Installation) -> list[str]:
    told = json.loads(rekey.succeed("outbox", "stats", "--json"))["transports"]
    return [line["state"] for line in told if line["transport"] == "accounts"]


@pytest.mark.long
def test_a_directory_that_hangs_delays_nobody_elses_mail(
    rekey: Installation, directory: Directory, hung: threading.Event, without_directory: str
):
    service = rekey.serve()
    pid, other = service.pid, service.as_caller(without_directory)
    mail_at_once(service, other)
    addresses = [new_address() for _ in range(REQUESTS)]
    directory.accounts |= {address: {"id": address, "email": address} for address in addresses}
    for address in addresses:
        service.caller.accepted(address)
    eventually(lambda: directory.asked, "a question")

    took = []
    while "open" not in states(rekey):
        took += [mail_at_once(service, other) for _ in range(5)]
    took += [mail_at_once(service, other) for _ in range(20)]
    assert len(took) > 25
    # Few at a time were asked for; the rest waits in the outbox, where nobody has to hold it.
    assert len(directory.asked) <= 12
    assert re.search("accounts (open|half_open)", service.ready().text)
    (opened,) = [
        line for line in service.log_lines()
        if line.get("message") == "directory" and line["state"] == "open"
    ][:1]  # fmt: skip
    assert (opened["directory"], opened["cause"]) == ("accounts", "http_timeout")

    hung.set()
    for address in addresses:
        assert rekey.mailbox.mail_to(address, deadline=90).recipients == [address]
    assert service.pid == pid


def test_told_to_stop_it_hands_back_what_waits_for_a_directory(
    rekey: Installation, directory: Directory, hung: threading.Event
):
    service = rekey.serve()
    for _ in range(15):
        service.caller.accepted(new_address())
    eventually(lambda: directory.asked, "a question")
    start = time.monotonic()
    service.stop()
    assert time.monotonic() - start < 4, "it waited for the directory"
    rows = rekey.database.rows("SELECT leased_until, failures, lost FROM rekey.outbox")
    assert len(rows) == 15
    assert all(tuple(row.values()) == (None, 0, 0) for row in rows), rows


def test_suspects_whose_directory_hangs_delay_no_other_suspect(
    rekey: Installation, directory: Directory, hung: threading.Event, without_directory: str
):
    service = rekey.serve("--no-worker")
    for _ in range(3):
        service.caller.accepted(new_address())
    address = new_address()
    service.as_caller(without_directory).accepted(address)
    # As a worker that was killed leaves them.
    rekey.database.execute(
        "UPDATE rekey.outbox SET attempt = 1, leased_until = clock_timestamp() - interval '1 s',"
        " run_at = clock_timestamp() - interval '1 s'"
    )
    rekey.work()
    rekey.mailbox.mail_to(address, deadline=2)
