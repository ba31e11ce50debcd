"""Whether an address has an account shows neither in answers, nor in their time, nor in outages."""

import random
import statistics
import time

from caller import new_address
from http_client import Answer
from installation import Installation
from polling import eventually
from service import Service


def shape(answer: Answer) -> tuple:
    """What an observer could compare: all but the date and the random id."""
    hidden = {"date", "trace-id"}
    headers = sorted((name.lower(), value) for name, value in answer.headers)
    body = answer.json()
    identifier = body.pop("request_id", "")
    return (
        answer.status,
        [pair for pair in headers if pair[0] not in hidden],
        body,
        len(identifier),
    )


def known(address: str) -> dict:
    return {"account": {"id": address, "email": address}}


def unknown(_: str) -> dict:
    return {"account": None}


def test_known_and_unknown_get_the_same_answer_and_only_the_known_a_mail(service: Service):
    one, other = new_address(), new_address()
    answers = [
        service.caller.request(one, **known(one)),
        service.caller.request(other, **unknown(other)),
    ]
    assert shape(answers[0]) == shape(answers[1])
    service.installation.mailbox.mail_to(one)
    eventually(lambda: service.installation.database.count("outbox") == 0, "an empty outbox")
    assert service.installation.mailbox.mails_to(other) == []


def test_known_and_unknown_reach_the_limit_at_the_same_request(service: Service):
    one, other = new_address(), new_address()
    first = [shape(service.caller.request(one, **known(one))) for _ in range(5)]
    second = [shape(service.caller.request(other, **unknown(other))) for _ in range(5)]
    statuses = [202, 202, 202, 429, 429]
    assert [step[0] for step in first] == [step[0] for step in second] == statuses
    assert first[:3] == second[:3]
    retries = [dict(step[1])["retry-after"] for step in (first[3], second[3])]
    assert abs(int(retries[0]) - int(retries[1])) <= 1
    for step in (*first, *second):
        dict(step[1]).pop("retry-after", None)


def test_rows_of_known_and_unknown_look_alike(rekey: Installation):
    service = rekey.serve("--no-worker")
    for make in (known, unknown):
        address = new_address()
        service.caller.accepted(address, **make(address))
    rows = rekey.database.rows(
        "SELECT length(sealed) > 0 AS sealed, caller FROM rekey.reset_request"
    )
    assert rows[0] == rows[1]
    assert rekey.database.count("outbox") == 2


def test_answers_stay_the_same_while_the_mail_server_is_away(rekey: Installation):
    service = rekey.serve()
    rekey.mailbox.stop()
    one, other = new_address(), new_address()
    before = [
        service.caller.request(one, **known(one)),
        service.caller.request(other, account=None),
    ]
    assert shape(before[0]) == shape(before[1])
    assert before[0].status == 202
    eventually(lambda: _waits(rekey), "a message that waits for its next attempt")
    rekey.mailbox.start()
    rekey.database.make_due()
    rekey.mailbox.mail_to(one)


def _waits(rekey: Installation) -> bool:
    (row,) = rekey.database.rows("SELECT * FROM rekey.outbox ORDER BY attempt DESC LIMIT 1")
    return row["attempt"] > 0 and row["leased_until"] is None


def test_known_and_unknown_take_the_same_time(rekey: Installation):
    """Interleaved pairs in random order, so that whatever else the machine does meets both."""
    service = rekey.serve("--no-worker")

    def seconds(make) -> float:
        address = new_address()
        fields = make(address)
        started = time.perf_counter()
        assert service.caller.request(address, **fields).status == 202
        return time.perf_counter() - started

    differences = []
    for _ in range(300):
        order = random.sample([known, unknown], 2)
        taken = {make: seconds(make) for make in order}
        differences.append(taken[known] - taken[unknown])
    assert abs(statistics.median(differences)) < 0.001
