"""Calls of providers as HTTP: where they are taken, and what they can be."""

from __future__ import annotations

from dataclasses import replace

import pytest
from caller import new_address
from hook_calls import PROVIDERS, Postmark, SendGrid
from hooked import NAMES, Hooked, report
from http_client import send
from installation import Installation
from service import Service

# Where


@pytest.mark.parametrize("name", NAMES)
def test_a_provider_that_is_not_configured_has_no_place(shared: Service, name: str):
    provider = next(one for one in PROVIDERS if one.name == name)()
    assert report(shared, name, provider.bounce(new_address(), "x")).status == 404


@pytest.mark.parametrize("name", NAMES)
def test_on_the_listener_of_programs_there_is_no_such_place(hooked: Hooked, name: str):
    call = hooked.providers[name].bounce(new_address(), "x")
    target = f"/hooks/{name}"
    answer = send(hooked.service.internal, "POST", target, call.body, call.headers)
    assert answer.status == 404
    key = {"Authorization": f"Bearer {hooked.service.installation.key}"}
    assert send(hooked.service.internal, "POST", target, call.body, key).status == 404


@pytest.mark.parametrize("name", NAMES)
def test_other_methods_are_405(hooked: Hooked, name: str):
    answer = send(hooked.service.public, "GET", f"/hooks/{name}")
    assert (answer.status, answer.header("allow")) == (405, "POST")


# What it can be


def test_a_body_that_is_signed_but_unknown_is_400(hooked: Hooked):
    sendgrid = hooked.providers["sendgrid"]
    for body in (b"", b"{", b"{}", b"null", b'"x"'):
        assert report(hooked.service, "sendgrid", sendgrid.signed(body)).status == 400, body


def test_entries_that_cannot_be_read_are_passed_over(hooked: Hooked):
    request_id, address = hooked.mailed()
    sendgrid: SendGrid = hooked.providers["sendgrid"]
    rubbish = [None, 7, [], {}, {"event": 7}, {"event": "bounce", "email": "nobody"},
               {"event": "bounce", "email": None, "type": "bounce"}]  # fmt: skip
    call = sendgrid.batch(*rubbish, sendgrid.event("bounce", address, request_id, type="bounce"))
    assert report(hooked.service, "sendgrid", call).status == 200
    assert hooked.is_suppressed(address)


def test_a_body_of_more_than_a_mebibyte_is_413(hooked: Hooked):
    postmark: Postmark = hooked.providers["postmark"]
    for size, status in ((1 << 20, 400), ((1 << 20) + 1, 413)):
        call = postmark.call({})
        assert report(hooked.service, "postmark", replace(call, body=b" " * size)).status == status


@pytest.mark.parametrize(
    ("key", "text"),
    [("SENDGRID_KEY_FILE", "nonsense"), ("SENDGRID_KEY_FILE", ""), ("MAILGUN_KEY_FILE", "# none\n"),
     ("POSTMARK_KEY_FILE", "no-colon")],
)  # fmt: skip
def test_a_key_that_is_none_is_refused_at_the_start(rekey: Installation, key: str, text: str):
    file = rekey.directory / "hook-key"
    file.touch(0o600)
    file.write_text(text)
    done = rekey.run("serve", **{f"REKEY_HOOKS_{key}": str(file)})
    assert done.returncode == 78
    assert f"hooks.{key.lower()}" in done.stderr
    assert not text or text.strip() not in done.stderr
