"""Logs: one JSON object a line with route and outcome, and nothing that must not be there."""

import pytest
from caller import new_address
from http_client import send
from installation import Installation
from polling import eventually
from service import Service, mailed_token


def test_each_request_is_one_line_with_its_route_and_status(service: Service):
    service.caller.accepted(new_address())
    lines = eventually(
        lambda: [line for line in service.log_lines() if "/reset/request" in str(line)],
        "a line of the access log",
    )
    assert len(lines) == 1
    values = {str(value) for value in _leaves(lines[0])}
    assert {"/reset/request", "202"} <= values


def _leaves(value) -> list:
    if isinstance(value, dict):
        return [leaf for one in value.values() for leaf in _leaves(one)]
    return [value]


def test_a_click_is_logged_by_its_route_without_its_query(service: Service):
    token = mailed_token(service)
    service.open_link(token)
    lines = eventually(
        lambda: [line for line in service.log_lines() if "/reset/verify" in str(line)],
        "a line of the access log",
    )
    assert all("?" not in str(line) and token not in str(line) for line in lines)


@pytest.mark.parametrize(
    "text", ["\x1b[31m", "\u2028", '"}\\n{"level":"error', "%0a%0d", "x" * 8_000], ids=range(5)
)
def test_hostile_text_stays_within_one_line(service: Service, text: str):
    before = len(service.log_lines())
    headers = {"User-Agent": text.encode().decode("latin-1"), "X-Request-Id": text[:2000]}
    headers = {name: value.encode("ascii", "ignore").decode() for name, value in headers.items()}
    send(service.public, "GET", "/reset/verify?token=x", headers=headers)
    service.caller.request(f"{text}@example.test")
    eventually(lambda: len(service.log_lines()) >= before + 2, "two more lines")
    assert all(len(str(line)) < 4_000 for line in service.log_lines())


def test_an_unknown_path_is_not_logged_as_it_came(service: Service):
    send(service.public, "GET", "/secret-path-4711")
    eventually(lambda: [line for line in service.log_lines() if "404" in str(line)], "a 404")
    assert "4711" not in service.log.read_text()


def test_faults_are_logged_without_addresses_or_sql(rekey: Installation):
    service = rekey.serve()
    address = new_address()
    rekey.mailbox.on("RCPT", f"550 5.1.1 <{address}> unknown")
    service.caller.accepted(address)
    eventually(
        lambda: [line for line in service.log_lines() if "550" in str(line)], "the refusal's code"
    )
    text = service.log.read_text()
    assert "SELECT" not in text
    assert "INSERT" not in text
