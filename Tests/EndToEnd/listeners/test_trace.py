"""An answer, its line in the log and the lines of its message can be joined."""

from __future__ import annotations

import re
from typing import Any

import pytest
from caller import new_address
from http_client import Answer, send
from polling import eventually
from service import Service, mailed_token

TRACE = re.compile(r"[0-9a-f]{16}")


def trace_of(answer: Answer) -> str:
    trace = answer.header("Trace-Id")
    assert trace and TRACE.fullmatch(trace), answer.headers
    return trace


def line_of(service: Service, trace: str) -> dict[str, Any]:
    """Lines are written by a thread of their own, so they may come a moment after the answer."""

    def found() -> dict[str, Any] | None:
        return next((one for one in service.log_lines() if one.get("trace") == trace), None)

    return eventually(found, f"the line of {trace}")


def test_every_step_of_a_reset_can_be_found_in_the_log(service: Service):
    address = new_address()
    asked = service.caller.request(address)
    request_id = asked.json()["request_id"]
    assert line_of(service, trace_of(asked))["request_id"] == request_id

    token = service.installation.mailbox.mail_to(address).token
    sent = eventually(
        lambda: [
            one
            for one in service.log_lines()
            if one["message"] == "message" and one["request_id"] == request_id
        ],
        "the line of the message",
    )
    assert [one["outcome"] for one in sent] == ["sent"]

    used = service.caller.consume(token)
    again = service.caller.consume(token)
    done = service.caller.post("/reset/complete", {"request_id": request_id})
    assert [used.status, again.status, done.status] == [200, 409, 202]
    for answer in (used, again, done):
        line = line_of(service, trace_of(answer))
        assert line["request_id"] == request_id
        assert line["status"] == str(answer.status)


def test_who_asks_again_is_in_the_log_under_the_new_request(service: Service):
    token = mailed_token(service)
    service.caller.invalidate(email=new_address())
    answer = send(
        service.public, "POST", "/reset/again", body=f"token={token}",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )  # fmt: skip
    assert answer.status == 202
    request_id = line_of(service, trace_of(answer))["request_id"]
    assert service.caller.status(request_id).status == 200


@pytest.mark.parametrize(
    ("listener", "method", "target"),
    [
        ("internal", "GET", "/healthz"), ("internal", "GET", "/readyz"),
        ("internal", "GET", "/none"), ("internal", "PUT", "/reset/request"),
        ("internal", "POST", "/reset/request"), ("public", "GET", "/reset/verify?token=x"),
        ("public", "PUT", "/reset/verify"), ("public", "HEAD", "/none"),
    ],
)  # fmt: skip
def test_every_answer_has_a_trace_and_a_problem_repeats_it(
    service: Service, listener: str, method: str, target: str
):
    answer = send(getattr(service, listener), method, target)
    trace = trace_of(answer)
    assert line_of(service, trace)["listener"] == listener
    if answer.header("Content-Type") == "application/problem+json":
        problem = answer.json()
        assert problem["trace_id"] == trace and "request_id" not in problem


def test_a_request_that_is_refused_before_it_is_read_has_a_trace_too(service: Service):
    answer = send(service.internal, "GET", "/healthz", headers={"X-Much": "x" * 20_000})
    assert answer.code == "headers_too_large"
    assert answer.json()["trace_id"] == trace_of(answer)
    assert line_of(service, trace_of(answer))["code"] == "headers_too_large"
