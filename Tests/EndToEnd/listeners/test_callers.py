"""Callers: who has no key gets nothing, and each sees only its own requests."""

import subprocess

import pytest
from caller import Caller, new_address
from http_client import exchange, send, status_of
from installation import BINARY, Installation
from polling import eventually
from service import Service, mailed_token

UNKNOWN_ID = "0192d3a4-5b6c-7def-8123-456789abcdef"


def wrong_credentials(key: str) -> dict[str, str | None]:
    return {
        "none": None,
        "empty": "",
        "scheme alone": "Bearer",
        "empty key": "Bearer ",
        "near miss": f"Bearer {key[:-1]}",
        "other last": f"Bearer {key[:-1]}{'A' if key[-1] != 'A' else 'B'}",
        "longer": f"Bearer {key}A",
        "other case": f"Bearer {key.swapcase()}",
        "basic": f"Basic {key}",
        "no scheme": key,
        "two keys": f"Bearer {key}, Bearer {key}",
        "64 kib": "Bearer " + "x" * 15_000,
    }


@pytest.mark.parametrize("name", wrong_credentials("x"))
def test_without_the_right_key_every_internal_call_is_401(shared: Service, name: str):
    credential = wrong_credentials(shared.installation.key)[name]
    headers = {"Content-Type": "application/json"}
    if credential is not None:
        headers["Authorization"] = credential
    calls = [
        ("POST", "/reset/request", "{"),
        ("POST", "/reset/verify", "{"),
        ("POST", "/reset/consume", "{"),
        ("POST", "/reset/invalidate", "{"),
        ("GET", f"/reset/requests/{UNKNOWN_ID}", None),
    ]
    for method, path, body in calls:
        answer = send(shared.internal, method, path, body, headers)
        assert (answer.status, answer.code) == (401, "unauthorized"), path


def test_401_comes_before_the_body(shared: Service):
    lines = ("POST /reset/request HTTP/1.1", "Host: x", "Content-Length: 9999", "Connection: close")
    head = "\r\n".join([*lines, "", ""]).encode()
    assert status_of(exchange(shared.internal, head)) == 401


def test_two_authorization_headers_are_401(shared: Service):
    key = shared.installation.key
    line = f"Authorization: Bearer {key}\r\n"
    head = f"POST /reset/verify HTTP/1.1\r\nHost: x\r\n{line}{line}Connection: close\r\n"
    raw = exchange(shared.internal, (head + "Content-Length: 0\r\n\r\n").encode())
    assert status_of(raw) in (400, 401)


def test_a_key_in_the_query_is_no_key(shared: Service):
    answer = send(shared.internal, "POST", f"/reset/verify?key={shared.installation.key}", "{}")
    assert answer.status == 401


def test_live_and_dead_tokens_look_the_same_without_a_key(service: Service):
    token = mailed_token(service)
    stranger = service.as_caller("rekey_wrong")
    first, second = stranger.verify(token), stranger.verify("x" * 72)
    assert first.status == second.status == 401
    hide = {"date", "trace-id"}
    visible = [
        [pair for pair in answer.headers if pair[0].lower() not in hide]
        for answer in (first, second)
    ]
    assert visible[0] == visible[1]


@pytest.fixture
def two_callers(rekey: Installation) -> tuple[Service, Caller, Caller]:
    other_key = rekey.add_caller("other")
    service = rekey.serve()
    return service, service.caller, service.as_caller(other_key)


def test_another_callers_request_is_as_if_it_did_not_exist(two_callers):
    service, mine, other = two_callers
    address = new_address()
    request_id = mine.accepted(address)
    token = service.installation.mailbox.mail_to(address).token

    for answer in (other.verify(token), other.consume(token)):
        assert (answer.status, answer.code) == (404, "token_invalid")
    unknown, foreign = other.status(UNKNOWN_ID), other.status(request_id)
    assert (foreign.status, foreign.code) == (unknown.status, unknown.code) == (404, "not_found")
    assert other.invalidate(email=address).json() == {"revoked": 0}
    assert mine.consume(token).status == 200


def test_one_callers_consume_leaves_the_links_of_another_alive(two_callers):
    service, mine, other = two_callers
    address = new_address()
    account = {"id": "1", "email": address}
    mine.accepted(address, account=account)
    mailbox = service.installation.mailbox
    first = mailbox.mail_to(address, 1).token
    other.accepted(address, account=account)
    second = mailbox.mail_to(address, 2).token
    assert mine.consume(first).status == 200
    assert other.consume(second).status == 200


def test_keys_rotate_without_a_failed_call(rekey: Installation):
    service = rekey.serve()
    old = rekey.key
    new = rekey.add_caller("shop")
    service.hang_up()
    eventually(lambda: service.as_caller(new).verify("x").status == 404, "the new key")
    assert service.as_caller(old).verify("x").status == 404


def test_a_removed_caller_is_refused_after_a_reload(rekey: Installation):
    other_key = rekey.add_caller("other")
    service = rekey.serve()
    assert service.as_caller(other_key).verify("x").status == 404
    rekey.succeed("callers", "remove", "other")
    service.hang_up()
    eventually(lambda: service.as_caller(other_key).verify("x").status == 401, "401")
    assert service.caller.verify("x").status == 404


def test_a_broken_callers_file_keeps_the_old_keys(rekey: Installation):
    service = rekey.serve()
    (rekey.directory / "callers").write_text("nonsense\n")
    service.hang_up()
    eventually(
        lambda: [line for line in service.log_lines() if line.get("level") in ("warning", "error")],
        "a complaint in the log",
    )
    assert service.caller.verify("x").status == 404


def test_a_list_that_nobody_can_read_is_a_failure(rekey: Installation):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [str(BINARY), "callers", "list"], env=rekey.settings, stdout=full, check=False,
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
    assert done.returncode == 1
    assert "stdout" in done.stderr
