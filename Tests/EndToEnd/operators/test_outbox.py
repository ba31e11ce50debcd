"""`rekey outbox`: sending is paused and resumed, and counted."""

import json

import pytest
from caller import new_address
from installation import Installation, run_binary
from polling import eventually

EMPTY = {"due": 0, "waiting": 0, "leased": 0, "stuck": 0, "dead": 0}


def stats(rekey: Installation) -> dict:
    return json.loads(rekey.succeed("outbox", "stats", "--json"))


def test_a_pause_holds_mails_back_until_it_ends(rekey: Installation):
    assert "paused" in rekey.succeed("outbox", "pause", "--reason", "provider is down")
    service = rekey.serve()
    address = new_address()
    service.caller.accepted(address)
    seen = stats(rekey)
    assert seen["paused"]["reason"] == "provider is down"
    assert seen["messages"]["link"] == {**EMPTY, "due": 1}
    assert seen["oldest_due_seconds"] >= 0
    assert not rekey.mailbox.mails_to(address)
    assert "resumed" in rekey.succeed("outbox", "resume")
    eventually(lambda: rekey.mailbox.mails_to(address), "the mail")
    eventually(lambda: stats(rekey)["messages"]["link"] == EMPTY, "an empty outbox")
    assert stats(rekey)["paused"] is None


def test_pausing_again_changes_the_reason_only(rekey: Installation):
    first = json.loads(rekey.succeed("outbox", "pause", "--json"))
    assert first == {"paused_at": first["paused_at"], "reason": None, "was_paused": False}
    again = json.loads(rekey.succeed("outbox", "pause", "--reason", "a", "--json"))
    assert again == {**first, "reason": "a", "was_paused": True}
    third = json.loads(rekey.succeed("outbox", "pause", "--json"))
    assert third == again
    assert "already" in rekey.succeed("outbox", "pause", "--reason", "b")
    assert "b" in rekey.succeed("outbox", "stats").splitlines()[0]
    ended = json.loads(rekey.succeed("outbox", "resume", "--json"))
    assert ended == {**again, "reason": "b", "was_paused": True}
    nothing = json.loads(rekey.succeed("outbox", "resume", "--json"))
    assert nothing == {"paused_at": None, "reason": None, "was_paused": False}
    assert "not paused" in rekey.succeed("outbox", "resume")


def test_statistics_have_all_kinds_and_the_transports_of_workers(rekey: Installation):
    rekey.database.execute(
        "INSERT INTO rekey.transport_state VALUES (gen_random_uuid(), '1-smtp', 'open',"
        " 'connect', clock_timestamp(), clock_timestamp())"
    )
    rekey.database.execute(
        "INSERT INTO rekey.outbox"
        " (id, request_id, kind, event, run_at, attempt, dead_at, last_error)"
        " SELECT gen_random_uuid(), gen_random_uuid(), 'event', 'request.consumed',"
        " clock_timestamp(), 1, clock_timestamp(), 'cause_' || n % 7 FROM generate_series(1, 20) n"
    )
    seen = stats(rekey)
    assert set(seen["messages"]) == {"link", "changed", "no_account", "event"}
    assert seen["messages"]["event"] == {**EMPTY, "dead": 20}
    assert [one["messages"] for one in seen["dead_causes"]] == [3] * 5
    assert seen["oldest_due_seconds"] is None
    (transport,) = seen["transports"]
    assert (transport["transport"], transport["state"]) == ("1-smtp", "open")
    text = rekey.succeed("outbox", "stats")
    assert "transport 1-smtp open " in text
    assert "event due=0 waiting=0 leased=0 stuck=0 dead=20" in text


def test_the_rights_of_an_operator_are_enough(rekey: Installation):
    for command in (["pause"], ["pause", "--reason", "x"], ["stats"], ["resume"]):
        rekey.succeed("outbox", *command, **rekey.as_operator())


@pytest.mark.parametrize(
    "arguments",
    [["pause", "--reason", ""], ["pause", "--reason", "a\nb"], ["pause", "--reason", "a\x1bb"],
     ["pause", "--reason", "x" * 201], ["pause", "--reason", "é" * 101], ["pause", "x"],
     ["resume", "x"], ["stats", "x"], ["no-such"]],
)  # fmt: skip
def test_wrong_usage_is_64(arguments: list[str]):
    done = run_binary("outbox", *arguments)
    assert (done.returncode, done.stdout) == (64, "")


def test_a_reason_of_200_bytes_is_taken(rekey: Installation):
    rekey.succeed("outbox", "pause", "--reason", "é" * 100)
    assert stats(rekey)["paused"]["reason"] == "é" * 100


@pytest.mark.parametrize("command", ["pause", "resume", "stats"])
def test_without_a_database_url_it_is_78(command: str):
    done = run_binary("outbox", command)
    assert (done.returncode, done.stdout) == (78, "")
    assert "database.url" in done.stderr
