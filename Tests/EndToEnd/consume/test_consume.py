"""A token is used at most once: races, siblings, lost answers, deadlines."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from caller import Caller, new_address
from database import Database
from http_client import Answer
from installation import Installation
from service import Service, mailed_token


def consume_at_once(callers: list[Caller], tokens: list[str], times: int) -> list[Answer]:
    """So many consumes that start together, spread over callers and tokens."""
    together = threading.Barrier(times)

    def consume(number: int) -> Answer:
        caller, token = callers[number % len(callers)], tokens[number % len(tokens)]
        together.wait()
        return caller.consume(token)

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(consume, range(times)))


def test_of_200_consumes_at_once_over_three_processes_exactly_one_succeeds(rekey: Installation):
    services = [rekey.serve(), rekey.serve("--no-worker"), rekey.serve("--no-worker")]
    token = mailed_token(services[0])
    answers = consume_at_once([service.caller for service in services], [token], 200)
    won = [answer for answer in answers if answer.status == 200]
    assert len(won) == 1
    assert {answer.code for answer in answers if answer.status != 200} == {"token_used"}
    (row,) = rekey.database.rows("SELECT consumed_at FROM rekey.reset_request")
    assert row["consumed_at"] is not None


def test_of_two_live_links_of_one_address_only_one_can_be_used(rekey: Installation):
    services = [rekey.serve(), rekey.serve("--no-worker")]
    address = new_address()
    tokens = [mailed_token(services[0], address, count) for count in (1, 2)]
    answers = consume_at_once([service.caller for service in services], tokens, 40)
    assert sum(answer.status == 200 for answer in answers) == 1
    assert {answer.status for answer in answers} <= {200, 409, 410}


def test_using_one_link_revokes_its_siblings_of_the_account(service: Service):
    first, second = new_address(), new_address()
    token = mailed_token(service, first, account={"id": "9", "email": first})
    sibling = mailed_token(service, second, account={"id": "9", "email": second})
    assert service.caller.consume(token).status == 200
    refused = service.caller.consume(sibling)
    assert (refused.status, refused.code) == (410, "token_revoked")


def test_using_a_link_leaves_the_links_of_other_accounts_alone(service: Service):
    mine, other = mailed_token(service), mailed_token(service)
    assert service.caller.consume(mine).status == 200
    assert service.caller.verify(other).status == 200


def test_a_lost_answer_is_repeated_to_the_same_idempotency_key_only(service: Service):
    token = mailed_token(service)
    first = service.caller.consume(token, idempotency_key="order-66")
    again = service.caller.consume(token, idempotency_key="order-66")
    assert first.status == again.status == 200
    assert again.body == first.body
    for other in ("order-67", "ORDER-66", None):
        refused = service.caller.consume(token, idempotency_key=other)
        assert (refused.status, refused.code) == (409, "token_used")


def test_two_at_once_with_one_idempotency_key_are_one_consume(service: Service):
    token = mailed_token(service)
    together = threading.Barrier(8)

    def consume(_: int) -> Answer:
        together.wait()
        return service.caller.consume(token, idempotency_key="the-same")

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(consume, range(8)))
    assert {answer.status for answer in answers} == {200}
    assert len({answer.body for answer in answers}) == 1


def test_a_consume_without_a_key_is_not_repeatable_by_an_empty_one(service: Service):
    token = mailed_token(service)
    assert service.caller.consume(token).status == 200
    refused = service.caller.consume(token, idempotency_key="")
    assert refused.status in (400, 409)


def test_expires_at_itself_is_too_late(service: Service):
    database = service.installation.database
    token = mailed_token(service)
    database.execute("UPDATE rekey.reset_request SET expires_at = clock_timestamp()")
    for answer in (service.caller.verify(token), service.caller.consume(token)):
        assert (answer.status, answer.code) == (410, "token_expired")
    dead = service.open_link(token)
    assert dead.status == 410
    assert "expired" in dead.text.lower()


def test_just_before_expires_at_the_token_still_works(service: Service):
    token = mailed_token(service)
    service.installation.database.execute(
        "UPDATE rekey.reset_request SET expires_at = clock_timestamp() + interval '5 s'"
    )
    assert service.caller.consume(token).status == 200


def hold_row_until(database: Database, seconds: float, held: threading.Event) -> None:
    with database.connect(autocommit=False) as connection:
        connection.execute("SELECT FROM rekey.reset_request FOR UPDATE")
        held.set()
        # The lock must be held past the expiry that the test is about.
        connection.execute("SELECT pg_sleep(%s)", [seconds])


def test_a_consume_that_waited_for_a_lock_past_the_expiry_is_refused(service: Service):
    database = service.installation.database
    token = mailed_token(service)
    database.execute(
        "UPDATE rekey.reset_request SET expires_at = clock_timestamp() + interval '0.4 s'"
    )
    held = threading.Event()
    holder = threading.Thread(target=hold_row_until, args=(database, 0.7, held))
    holder.start()
    held.wait()
    answer = service.caller.consume(token)
    holder.join()
    assert answer.status in (410, 503), answer.text
    assert service.caller.consume(token).code == "token_expired"


def test_a_lock_held_for_long_is_503_within_the_deadline_and_loses_nothing(service: Service):
    database = service.installation.database
    token = mailed_token(service)
    with database.connect(autocommit=False) as connection:
        connection.execute("LOCK TABLE rekey.reset_request IN ACCESS EXCLUSIVE MODE")
        started = time.monotonic()
        answer = service.caller.consume(token)
        assert time.monotonic() - started < 10
        assert (answer.status, answer.code) == (503, "unavailable")
        assert answer.header("retry-after")
        connection.rollback()
    assert service.caller.consume(token).status == 200


def test_a_row_that_is_gone_is_not_an_unused_token(service: Service):
    token = mailed_token(service)
    service.installation.database.execute("DELETE FROM rekey.reset_request")
    for answer in (service.caller.verify(token), service.caller.consume(token)):
        assert (answer.status, answer.code) == (404, "token_invalid")
    assert service.open_link(token).status == 404
