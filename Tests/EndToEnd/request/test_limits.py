"""Limits are exact in every sliding window, over processes and spellings, and give nothing away."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from caller import Caller, new_address
from http_client import Answer
from installation import Installation
from polling import eventually
from service import Service


def times_limits_were_forgotten(service: Service) -> int:
    lines = service.log_lines()
    return sum(line["message"] == "limits may have been reset" for line in lines)


def serve_listening(rekey: Installation, **settings: str) -> Service:
    """Serves, and hears when a limit is taken back by hand."""
    service = rekey.serve(REKEY_LOG_LEVEL="debug", **settings)
    eventually(lambda: times_limits_were_forgotten(service), "that it listens")
    return service


@pytest.fixture
def service(rekey: Installation) -> Service:
    return serve_listening(rekey)


def request_at_once(callers: list[Caller], address: str, times: int) -> list[Answer]:
    together = threading.Barrier(times)

    def request(number: int) -> Answer:
        together.wait()
        return callers[number % len(callers)].request(address)

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(request, range(times)))


def test_of_100_requests_at_once_over_three_processes_exactly_the_limit_is_accepted_and_mailed(
    rekey: Installation,
):
    services = [rekey.serve() for _ in range(3)]
    address = new_address()
    answers = request_at_once([service.caller for service in services], address, 100)
    statuses = sorted(answer.status for answer in answers)
    assert statuses == [202] * 3 + [429] * 97
    rekey.mailbox.mail_to(address, count=3)
    eventually(lambda: rekey.database.count("outbox") == 0, "an empty outbox")
    assert len(rekey.mailbox.mails) == 3
    assert rekey.database.count("reset_request") == 3


def test_a_refused_request_says_when_to_come_back_and_nothing_else(service: Service):
    address = new_address()
    for _ in range(3):
        service.caller.accepted(address)
    refused = service.caller.request(address)
    assert (refused.status, refused.code) == (429, "rate_limited")
    assert 880 <= int(refused.header("retry-after")) <= 900
    assert refused.header("cache-control") == "no-store"
    names = {name.lower() for name, _ in refused.headers}
    assert not [name for name in names if name.startswith(("ratelimit", "x-ratelimit"))]
    assert address not in refused.text


def move_stamps(service: Service, interval: str) -> None:
    forgotten = times_limits_were_forgotten(service)
    service.installation.database.execute(
        "UPDATE rekey.rate_limit SET stamps = ARRAY("
        "SELECT s - %s::interval FROM unnest(stamps) WITH ORDINALITY AS u(s, n) ORDER BY n)",
        [interval],
    )
    eventually(lambda: times_limits_were_forgotten(service) > forgotten, "that it was heard")


def test_room_returns_when_the_oldest_of_the_window_leaves_it(service: Service):
    address = new_address()
    for _ in range(3):
        service.caller.accepted(address)
    move_stamps(service, "14 minutes 50 seconds")
    refused = service.caller.request(address)
    assert refused.status == 429
    assert 1 <= int(refused.header("retry-after")) <= 10
    move_stamps(service, "10 seconds")
    service.caller.accepted(address)


def test_the_window_slides_so_a_burst_at_its_edge_does_not_double_the_limit(service: Service):
    address = new_address()
    service.caller.accepted(address)
    move_stamps(service, "14 minutes")
    service.caller.accepted(address)
    service.caller.accepted(address)
    move_stamps(service, "1 minute")
    service.caller.accepted(address)
    assert service.caller.request(address).status == 429


def test_the_wider_windows_hold_too(service: Service):
    """5/1h: after two bursts of the 15-minute limit only two more fit; then 10/1d."""
    address = new_address()
    accepted = 0
    for _ in range(12):
        while service.caller.request(address).status == 202:
            accepted += 1
        move_stamps(service, "15 minutes")
        if accepted >= 5:
            break
    assert accepted == 5
    for _ in range(4):
        move_stamps(service, "1 hour")
        for _ in range(2):
            while service.caller.request(address).status == 202:
                accepted += 1
            move_stamps(service, "15 minutes")
    assert accepted == 10


SPELLINGS = [
    ("{n}.ada@example.test", "{n}.ADA@EXAMPLE.TEST"),
    ("{n}.ada@example.test", "{n}.ada+news@example.test"),
    ("{n}ada@gmail.com", "{n}a.d.a@gmail.com"),
    ("{n}ada@gmail.com", "{n}ada@googlemail.com"),
    ("{n}ada@bücher.example", "{n}ada@xn--bcher-kva.example"),
    ("{n}ada@example.test", "{n}ada@example.test."),
    ("{n}ada@example.test", "  {n}ada@example.test "),
]


@pytest.mark.parametrize(("first", "second"), SPELLINGS)
def test_spellings_of_one_mailbox_share_one_limit(shared: Service, first: str, second: str):
    number = f"n{SPELLINGS.index((first, second))}"
    for _ in range(3):
        shared.caller.accepted(first.format(n=number))
    answer = shared.caller.request(second.format(n=number))
    assert answer.status in (422, 429), answer.text


def test_dots_tell_mailboxes_apart_outside_gmail(shared: Service):
    for _ in range(3):
        shared.caller.accepted("dot.ted@example.test")
    shared.caller.accepted("dotted@example.test")


def test_counters_survive_kill_9(rekey: Installation):
    service = rekey.serve()
    address = new_address()
    for _ in range(3):
        service.caller.accepted(address)
    service.kill()
    service.launch()
    service.wait_until_ready()
    assert service.caller.request(address).status == 429


def test_a_spent_limit_leaves_the_live_link_alive(service: Service):
    address = new_address()
    service.caller.accepted(address)
    token = service.installation.mailbox.mail_to(address).token
    while service.caller.request(address).status == 202:
        pass
    assert service.caller.consume(token).status == 200


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("203.0.113.8", "::ffff:203.0.113.8"),
        ("2001:db8:1:2::1", "2001:DB8:1:2:ffff::9"),
    ],
)
def test_one_client_may_ask_20_times_an_hour(shared: Service, first: str, second: str):
    for _ in range(20):
        shared.caller.accepted(new_address(), client={"ip": first})
    refused = shared.caller.request(new_address(), client={"ip": second})
    assert (refused.status, refused.code) == (429, "rate_limited")
    shared.caller.accepted(new_address(), client={"ip": "198.51.100.1"})


def test_the_neighbouring_64_has_a_limit_of_its_own(shared: Service):
    for _ in range(20):
        shared.caller.accepted(new_address(), client={"ip": "2001:db8:1:3::1"})
    shared.caller.accepted(new_address(), client={"ip": "2001:db8:1:4::1"})


def test_forwarded_headers_are_not_believed(shared: Service):
    address = new_address()
    for number in range(3):
        answer = shared.caller.post(
            "/reset/request", {"email": address}, X_Forwarded_For=f"192.0.2.{number}"
        )
        assert answer.status == 202
    answer = shared.caller.post("/reset/request", {"email": address}, X_Forwarded_For="192.0.2.9")
    assert answer.status == 429


def test_configured_limits_replace_the_defaults(rekey: Installation):
    service = rekey.serve(REKEY_LIMITS_EMAIL="1/1h")
    address = new_address()
    service.caller.accepted(address)
    refused = service.caller.request(address)
    assert refused.status == 429
    assert 3580 <= int(refused.header("retry-after")) <= 3600


def test_a_request_that_breaks_both_limits_is_told_the_longer_wait(rekey: Installation):
    limits = {"REKEY_LIMITS_EMAIL": "1/4m", "REKEY_LIMITS_CLIENT": "1/20m"}
    service = rekey.serve("--no-worker", **limits)
    address, client = new_address(), {"ip": "192.0.2.77"}
    service.caller.accepted(address, client=client)
    refused = service.caller.request(address, client=client)
    assert refused.status == 429
    assert 19 * 60 < int(refused.header("retry-after")) <= 20 * 60


def test_callers_never_limit_each_other(rekey: Installation):
    key = rekey.add_caller("other")
    service = rekey.serve("--no-worker", REKEY_LIMITS_CLIENT="2/1h", REKEY_LIMITS_EMAIL="1/1h")
    other = service.as_caller(key)
    address, client = new_address(), {"ip": "192.0.2.78"}
    for caller in (service.caller, other):
        caller.accepted(address)
        assert caller.request(address).status == 429
        for _ in range(2):
            caller.accepted(new_address(), client=client)
        assert caller.request(new_address(), client=client).status == 429


def test_a_replica_with_smaller_limits_makes_none_with_larger_ones_forget(rekey: Installation):
    large = rekey.serve("--no-worker", REKEY_LIMITS_EMAIL="5/1h")
    small = rekey.serve("--no-worker", REKEY_LIMITS_EMAIL="1/1s")
    address, accepted = new_address(), {large.pid: 0, small.pid: 0}
    while accepted[small.pid] < 4:
        for service in (large, small):
            accepted[service.pid] += service.caller.request(address).status == 202
    assert accepted[large.pid] <= 5
    assert large.caller.request(address).status == 429


def test_a_limit_taken_back_by_hand_is_taken_back_at_all_replicas(rekey: Installation):
    services = [serve_listening(rekey, REKEY_LIMITS_EMAIL="2/1h") for _ in range(2)]
    address = new_address()
    for service in services:
        service.caller.accepted(address)
    for service in services:
        assert service.caller.request(address).status == 429
    forgotten = [times_limits_were_forgotten(service) for service in services]
    rekey.database.execute("DELETE FROM rekey.rate_limit")
    for service, before in zip(services, forgotten, strict=True):
        eventually(lambda s=service, b=before: times_limits_were_forgotten(s) > b, "a reset")
        service.caller.accepted(address)


def test_behind_a_pooler_a_limit_taken_back_by_hand_is_believed_for_a_second(rekey: Installation):
    service = rekey.serve(REKEY_LIMITS_EMAIL="1/1h", REKEY_DATABASE_POOLER="transaction")
    address = new_address()
    service.caller.accepted(address)
    assert service.caller.request(address).status == 429
    rekey.database.execute("DELETE FROM rekey.rate_limit")
    eventually(lambda: service.caller.request(address).status == 202, "room", deadline=3)


def test_one_locked_row_fails_its_own_request_and_nobody_elses(rekey: Installation):
    service = rekey.serve("--no-worker")
    locked = new_address()
    service.caller.accepted(locked)
    with rekey.database.connect(autocommit=False) as connection:
        connection.execute("SELECT FROM rekey.rate_limit FOR UPDATE")
        with ThreadPoolExecutor(65) as pool:
            of_it = pool.submit(service.caller.request, locked)
            others = list(
                pool.map(lambda _: service.caller.request(new_address()).status, range(64))
            )
            assert set(others) == {202}
            assert of_it.result().status == 503
    service.caller.accepted(locked)
