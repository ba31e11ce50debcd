"""When events come: again until they are taken, and never in the way of mails."""

from __future__ import annotations

from pathlib import Path

import event_receiver
import pytest
import standard_webhooks
from http_client import send
from installation import Installation
from polling import eventually
from provider_api import ProviderApi
from providers import Answer
from service import Service


def failed(rekey: Installation, failures: int) -> bool:
    rows = event_receiver.waiting(rekey)
    return bool(rows) and rows[0]["failures"] == failures and rows[0]["leased_until"] is None


@pytest.mark.parametrize("answer", [Answer(500), Answer(404), Answer(302)])
def test_an_event_comes_again_under_the_same_id_until_it_is_taken(
    told: Service, plain_api: ProviderApi, answer: Answer
):
    rekey = told.installation
    plain_api.on("webhook", answer, times=2)
    request_id, _, token = event_receiver.mailed(told)
    told.caller.consume(token)
    for failures in (1, 2):
        eventually(lambda n=failures: failed(rekey, n), f"failure {failures}")
        assert event_receiver.waiting(rekey)[0]["last_error"] == f"http_{answer.status}"
        rekey.database.make_due()
    event_receiver.event(plain_api, "request.consumed", request_id)
    sent = event_receiver.calls(plain_api)
    assert len(sent) == 3
    assert len({one.headers["webhook-id"] for one in sent}) == 1
    assert len({one.body for one in sent}) == 1
    eventually(lambda: event_receiver.waiting(rekey) == [], "an outbox without events")


def test_a_receiver_that_wants_no_more_of_one_gets_it_no_more(
    told: Service, plain_api: ProviderApi
):
    plain_api.on("webhook", Answer(410))
    _, _, token = event_receiver.mailed(told)
    told.caller.consume(token)
    eventually(lambda: event_receiver.waiting(told.installation)[0]["dead_at"], "a dead letter")
    assert event_receiver.waiting(told.installation)[0]["last_error"] == "http_410"


def test_a_receiver_that_is_away_does_not_delay_mails(rekey: Installation, plain_api: ProviderApi):
    settings = event_receiver.tell(rekey, plain_api)
    plain_api.close()
    service = rekey.serve(**settings)
    for _ in range(15):
        _, _, token = event_receiver.mailed(service)
        assert service.caller.consume(token).status == 200
    assert len(event_receiver.waiting(rekey)) == 15


def test_a_receiver_that_hangs_does_not_delay_mails(told: Service, plain_api: ProviderApi):
    for _ in range(3):
        plain_api.hold("webhook")
    for _ in range(15):
        _, _, token = event_receiver.mailed(told)
        assert told.caller.consume(token).status == 200


def test_an_event_that_nobody_took_for_too_long_is_a_dead_letter(
    rekey: Installation, plain_api: ProviderApi
):
    rekey.settings |= event_receiver.tell(rekey, plain_api)
    plain_api.on("webhook", Answer(500), times=50)
    service = rekey.serve()
    _, _, token = event_receiver.mailed(service)
    service.caller.consume(token)
    eventually(lambda: failed(rekey, 1), "the first failure")
    rekey.database.execute(
        "UPDATE rekey.outbox SET queued_at = queued_at - interval '3 days 1 minute'"
    )
    rekey.database.make_due()
    eventually(lambda: event_receiver.waiting(rekey)[0]["dead_at"], "a dead letter")
    assert event_receiver.waiting(rekey)[0]["last_error"] == "gave_up"


def test_an_unsafe_receiver_is_refused_at_the_start(rekey: Installation, tmp_path: Path):
    file = tmp_path / "secrets"
    file.touch(0o600)
    file.write_text(standard_webhooks.new_secret() + "\n")
    for url in ("http://events.example.test/x", "ftp://127.0.0.1/x", "nonsense"):
        done = rekey.run("serve", REKEY_EVENTS_URL=url, REKEY_EVENTS_SECRET_FILE=str(file))
        assert done.returncode == 78, url
        assert "events.url" in done.stderr
    file.chmod(0o644)
    done = rekey.run(
        "serve", REKEY_EVENTS_URL="https://x.example.test", REKEY_EVENTS_SECRET_FILE=str(file)
    )
    assert (done.returncode, "events.secret_file" in done.stderr) == (78, True)


def test_the_receiver_is_not_told_twice_after_its_answer_came_late(
    told: Service, plain_api: ProviderApi
):
    """A second try is under the same id, by which an app knows that it has seen it."""
    hold = plain_api.hold("webhook", Answer(503))
    request_id, _, token = event_receiver.mailed(told)
    told.caller.consume(token)
    hold.wait_until_reached()
    hold.release()
    eventually(lambda: failed(told.installation, 1), "the first failure")
    told.installation.database.make_due()
    event_receiver.event(plain_api, "request.consumed", request_id)
    assert len({one.headers["webhook-id"] for one in event_receiver.calls(plain_api)}) == 1


def test_nobody_hears_of_events_on_a_listener(told: Service):
    for listener in (told.public, told.internal):
        assert send(listener, "GET", "/events").status == 404
