"""Idempotency-Key on requests: same key and body, same answer; other body, conflict."""

import threading
from concurrent.futures import ThreadPoolExecutor

from caller import new_address
from http_client import Answer
from installation import Installation
from service import Service


def test_the_same_key_and_body_get_the_same_answer_and_one_mail(service: Service):
    address = new_address()
    first = service.caller.request(address, idempotency_key="k-1")
    again = service.caller.request(address, idempotency_key="k-1")
    assert (first.status, again.status) == (202, 202)
    assert first.body == again.body
    assert first.header("idempotency-replayed") is None
    assert again.header("idempotency-replayed") == "true"
    service.installation.mailbox.mail_to(address)
    assert service.installation.database.count("reset_request") == 1


def test_a_repeat_takes_no_room_of_the_limit(service: Service):
    address = new_address()
    for _ in range(6):
        assert service.caller.request(address, idempotency_key="k-2").status == 202
    service.caller.accepted(address)
    service.caller.accepted(address)
    assert service.caller.request(address).status == 429


def test_the_same_key_with_another_body_is_a_conflict(service: Service):
    assert service.caller.request(new_address(), idempotency_key="k-3").status == 202
    conflict = service.caller.request(new_address(), idempotency_key="k-3")
    assert (conflict.status, conflict.code) == (409, "idempotency_conflict")


def test_a_key_of_256_visible_characters_is_taken(service: Service):
    key = "".join(chr(33 + number % 94) for number in range(256))
    assert service.caller.request(new_address(), idempotency_key=key).status == 202


def test_only_an_accepted_answer_is_kept(service: Service):
    address = new_address()
    for _ in range(3):
        service.caller.accepted(address)
    assert service.caller.request(address, idempotency_key="k-4").status == 429
    service.installation.database.execute("DELETE FROM rekey.rate_limit")
    answer = service.caller.request(address, idempotency_key="k-4")
    assert answer.status == 202
    assert answer.header("idempotency-replayed") is None


def test_a_key_is_free_again_after_24_hours(service: Service):
    assert service.caller.request(new_address(), idempotency_key="k-5").status == 202
    service.installation.database.execute(
        "UPDATE rekey.idempotency SET created_at = created_at - interval '24 hours'"
    )
    answer = service.caller.request(new_address(), idempotency_key="k-5")
    assert (answer.status, answer.header("idempotency-replayed")) == (202, None)


def test_keys_belong_to_their_caller(rekey: Installation):
    other_key = rekey.add_caller("other")
    service = rekey.serve()
    assert service.caller.request(new_address(), idempotency_key="k-6").status == 202
    other = service.as_caller(other_key).request(new_address(), idempotency_key="k-6")
    assert (other.status, other.header("idempotency-replayed")) == (202, None)


def test_many_at_once_with_one_key_over_three_processes_are_one_request(rekey: Installation):
    services = [rekey.serve() for _ in range(3)]
    address = new_address()
    together = threading.Barrier(60)

    def request(number: int) -> Answer:
        together.wait()
        return services[number % 3].caller.request(address, idempotency_key="k-7")

    with ThreadPoolExecutor(60) as pool:
        answers = list(pool.map(request, range(60)))
    assert {answer.status for answer in answers} == {202}
    assert len({answer.body for answer in answers}) == 1
    assert sum(answer.header("idempotency-replayed") is None for answer in answers) == 1
    rekey.mailbox.mail_to(address)
    assert rekey.database.count("reset_request") == 1
