"""The mail server is away for minutes: nothing is lost, no storm comes, what is too old expires.

Time is simulated: it stands still while the worker tries what is due, and then steps on.
"""

import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from caller import new_address
from database import Database
from faulty_sink import FaultySink
from installation import Installation
from polling import eventually
from service import Service
from simulated_clock import SimulatedClock

MESSAGES = 200
CONCURRENCY = 10
STEP = 20

OUTAGES: dict[str, Callable[[FaultySink], None]] = {
    "connection refused": lambda sink: sink.refuse(),
    "421 at greeting": lambda sink: setattr(sink, "everything_is", "421 at greeting"),
}


@pytest.fixture
def sink() -> Iterator[FaultySink]:
    made = FaultySink()
    yield made
    made.close()


@pytest.fixture
def rekey(tmp_path, database: Database, sink: FaultySink) -> Iterator[Installation]:
    made = Installation(tmp_path, database, sink)
    made.settings["REKEY_WORKER_CONCURRENCY"] = str(CONCURRENCY)
    yield made
    made.close()


def ask(service: Service, count: int) -> list[str]:
    with ThreadPoolExecutor(8) as pool:
        addresses = [new_address() for _ in range(count)]
        return list(pool.map(service.caller.accepted, addresses))


def nothing_is_due(database: Database) -> bool:
    """Everything that may be tried now has been: the rest waits for time to pass."""
    return database.value(
        "SELECT count(*) = 0 FROM rekey.outbox"
        " WHERE dead_at IS NULL AND (leased_until IS NOT NULL OR run_at <= clock_timestamp())"
    )


def pass_time(clock: SimulatedClock, seconds: int) -> None:
    """Each step once all is tried that is due, or nothing is while the server is left alone."""
    for _ in range(0, seconds, STEP):
        with contextlib.suppress(AssertionError):
            eventually(lambda: nothing_is_due(clock.database), "all tried that is due", 0.2)
        clock.advance(STEP)


def drain(clock: SimulatedClock) -> float:
    """How many seconds pass until the outbox is empty; no step while something is due."""
    start = clock.now()
    for _ in range(0, 1800, STEP):
        eventually(lambda: nothing_is_due(clock.database), "all tried that is due", 90)
        if clock.database.count("outbox") == 0:
            return clock.now() - start
        clock.advance(STEP)
    raise AssertionError("the backlog does not drain")


def end_outage(sink: FaultySink) -> None:
    sink.everything_is = None
    sink.start()


@pytest.mark.long
@pytest.mark.parametrize("outage", OUTAGES)
def test_after_ten_minutes_without_a_mail_server_each_message_is_sent_once_and_without_a_storm(
    rekey: Installation, sink: FaultySink, outage: str
):
    service = rekey.serve("--no-worker")
    clock = SimulatedClock(rekey.database)
    OUTAGES[outage](sink)
    requests = ask(service, MESSAGES)
    rekey.work()
    minutes = 10
    pass_time(clock, minutes * 60)
    assert rekey.database.count("outbox") == MESSAGES
    attempts = rekey.database.value("SELECT sum(attempt)::int FROM rekey.outbox")
    assert sink.mails == []

    refused = sink.connections
    end_outage(sink)
    drained = drain(clock)
    print(f"{outage}: {attempts} attempts in {minutes} minutes for {MESSAGES} messages,"
          f" {refused} connections refused in words;"
          f" drained in {drained:.1f} s, {MESSAGES / drained:.1f}/s of simulated time;"
          f" {sink.most_open} connections at once at most")  # fmt: skip
    # A few find out that it is away; then it is asked now and then, not by each message.
    assert attempts < MESSAGES
    assert 0 < sink.most_open <= CONCURRENCY
    mailed = [receipt.request_id for receipt in sink.kept()]
    assert sorted(mailed) == sorted(requests)
    states = {service.caller.status(request_id).json()["status"] for request_id in requests}
    assert states == {"sent"}


@pytest.mark.long
def test_what_could_not_be_sent_before_it_was_given_up_expires_and_is_never_sent(
    rekey: Installation, sink: FaultySink
):
    rekey.settings["REKEY_MAIL_GIVE_UP_AFTER"] = "10m"
    service = rekey.serve("--no-worker")
    clock = SimulatedClock(rekey.database)
    sink.refuse()
    requests = ask(service, 50)
    rekey.work()
    pass_time(clock, 10 * 60 + STEP)
    sink.start()
    drain(clock)
    assert sink.mails == []
    states = {service.caller.status(request_id).json()["status"] for request_id in requests}
    assert states == {"expired"}
