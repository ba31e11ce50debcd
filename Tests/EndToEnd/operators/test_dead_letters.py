"""`rekey dead`: what was refused for good is looked at, brought back, dropped."""

import json
from typing import Any

import pytest
from caller import new_address
from installation import Installation, run_binary
from polling import eventually
from service import Service

FAR = "0193a5c2-7b1e-7000-8000-3f2a9c1d4e5f"


def dead_letter(rekey: Installation, service: Service, address: str | None = None) -> str:
    """A request whose link is a dead letter; the id of the request."""
    database = rekey.database
    database.execute("INSERT INTO rekey.outbox_pause (single) VALUES (true) ON CONFLICT DO NOTHING")
    request = service.caller.accepted(address or new_address())
    kill(rekey, request)
    return request


def kill(rekey: Installation, request: str, cause: str = "rcpt_550_5.1.1") -> None:
    rekey.database.execute(
        "UPDATE rekey.outbox SET dead_at = clock_timestamp(), leased_until = NULL, attempt = 3,"
        " failures = 2, last_error = %s WHERE request_id = %s",
        [cause, request],
    )


def letters(rekey: Installation, *arguments: str) -> list[dict[str, Any]]:
    lines = rekey.succeed("dead", "list", "--json", *arguments).splitlines()
    return [json.loads(line) for line in lines]


def test_a_list_shows_masked_addresses_and_reveals_them_on_demand(rekey: Installation):
    service = rekey.serve()
    requests = [dead_letter(rekey, service, f"ann{n}@example.test") for n in range(3)]
    found = letters(rekey)
    assert [one["request_id"] for one in found] == requests[::-1]
    (newest, *_) = found
    assert newest["address"] == "a***@example.test"
    assert newest["kind"] == "link"
    assert newest["caller"] == "shop"
    assert newest["cause"] == "rcpt_550_5.1.1"
    assert (newest["attempts"], newest["failures"]) == (3, 2)
    assert newest["on_retry"] == "retried"
    assert 0 <= newest["dead_seconds"] < 60
    assert letters(rekey, "--reveal", "--limit", "1")[0]["address"] == "ann2@example.test"
    plain = rekey.succeed("dead", "list")
    assert "ann" not in plain
    assert plain.count("\n") == 3
    assert all(one in plain for one in requests)
    assert "ann1@example.test" in rekey.succeed("dead", "list", "--reveal")


def test_a_name_of_one_letter_is_not_shown_at_all(rekey: Installation):
    dead_letter(rekey, rekey.serve(), "q@example.test")
    assert letters(rekey)[0]["address"] == "***@example.test"
    assert "q@" not in rekey.succeed("dead", "list")
    assert "q***" not in rekey.succeed("dead", "list")


def test_without_a_keyring_addresses_are_missing_and_revealing_is_wrong_configuration(
    rekey: Installation,
):
    request = dead_letter(rekey, rekey.serve())
    done = rekey.run("dead", "list", "--json", REKEY_KEYRING_FILE="")
    assert done.returncode == 0
    assert json.loads(done.stdout)["address"] is None
    assert "address=-" in rekey.succeed("dead", "list", REKEY_KEYRING_FILE="")
    assert "address: -" in rekey.succeed("dead", "show", request, REKEY_KEYRING_FILE="")
    for command in (["list"], ["show", request]):
        done = rekey.run("dead", *command, "--reveal", REKEY_KEYRING_FILE="")
        assert (done.returncode, done.stdout) == (78, "")
        assert "keyring.file" in done.stderr


def test_a_keyring_that_did_not_seal_an_address_shows_none(rekey: Installation):
    dead_letter(rekey, rekey.serve())
    other = str(rekey.directory / "other")
    rekey.succeed("keys", "init", REKEY_KEYRING_FILE=other)
    listed = rekey.succeed("dead", "list", "--reveal", "--json", REKEY_KEYRING_FILE=other)
    assert json.loads(listed)["address"] is None


def test_filters_and_a_summary_by_cause(rekey: Installation):
    service = rekey.serve()
    for cause, age in [("rcpt_550", 50), ("rcpt_550_5.1.1", 70), ("data_451", 70)]:
        request = dead_letter(rekey, service)
        kill(rekey, request, cause)
        rekey.database.execute(
            "UPDATE rekey.outbox SET dead_at = dead_at - make_interval(mins => %s)"
            " WHERE request_id = %s", [age, request],
        )  # fmt: skip
    causes = lambda *arguments: sorted(one["cause"] for one in letters(rekey, *arguments))  # noqa: E731
    assert causes("--cause", "rcpt_550") == ["rcpt_550", "rcpt_550_5.1.1"]
    assert causes("--older-than", "1h") == ["data_451", "rcpt_550_5.1.1"]
    assert causes("--newer-than", "1h") == ["rcpt_550"]
    assert causes("--cause", "550") == []
    lines = rekey.succeed("dead", "list", "--summary", "--json").splitlines()
    summary = [json.loads(line) for line in lines]
    assert {one["cause"]: one["messages"] for one in summary} == {
        "rcpt_550": 1, "rcpt_550_5.1.1": 1, "data_451": 1,
    }  # fmt: skip
    assert all(one["oldest"] <= one["newest"] for one in summary)
    assert "cause=rcpt_550 " in rekey.succeed("dead", "list", "--summary")


def test_show_tells_everything_of_a_message_or_a_request(rekey: Installation):
    request = dead_letter(rekey, rekey.serve(), "ann@example.test")
    (listed,) = letters(rekey)
    for id_ in (request, listed["id"], request.upper()):
        shown = json.loads(rekey.succeed("dead", "show", id_, "--json"))
        assert shown["id"] == listed["id"]
        assert shown["request"]["sent_at"] is None
        assert shown["request"]["created_at"].endswith("Z")
    text = rekey.succeed("dead", "show", request, "--reveal")
    assert "address: ann@example.test\n" in text
    assert "on retry: it would be tried again" in text
    rekey.database.age(request, "3 hours")
    assert "mail.give_up_after (2h)" in rekey.succeed("dead", "show", request)
    missing = rekey.run("dead", "show", FAR)
    assert (missing.returncode, missing.stdout) == (1, "")
    assert FAR in missing.stderr


def test_an_event_says_what_it_would_tell(rekey: Installation):
    request = dead_letter(rekey, rekey.serve())
    rekey.database.execute(
        "UPDATE rekey.outbox SET kind = 'event', event = 'request.disputed', cause = 'complaint'"
    )
    text = rekey.succeed("dead", "show", request)
    assert "event: request.disputed\n" in text
    assert "event cause: complaint\n" in text
    assert " event=request.disputed " in rekey.succeed("dead", "list")


def test_what_is_brought_back_is_mailed(rekey: Installation):
    service = rekey.serve()
    address = new_address()
    request = dead_letter(rekey, service, address)
    done = rekey.run("dead", "retry", request, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "dry_run": False, "retried": 1, "too_old": 0, "not_live": 0, "suppressed": 0,
        "not_found": 0, "left": [],
    }  # fmt: skip
    assert "paused" in done.stderr
    rekey.succeed("outbox", "resume")
    eventually(lambda: rekey.mailbox.mails_to(address), "the mail")
    assert eventually(lambda: service.caller.status(request).json()["status"] == "sent", "sent")


def test_what_could_not_arrive_alive_stays_dead_and_is_named(rekey: Installation):
    service = rekey.serve()
    old, revoked, fine = (dead_letter(rekey, service) for _ in range(3))
    rekey.database.age(old, "2 hours")
    rekey.database.execute(
        "INSERT INTO rekey.account (key, revoked_before, revoke_reason)"
        " SELECT address_key, clock_timestamp(), 'invalidated' FROM rekey.reset_request"
        " WHERE id = %s", [revoked],
    )  # fmt: skip
    rehearsed = rekey.run("dead", "retry", old, revoked, fine, FAR, "--dry-run", "--json")
    done = rekey.run("dead", "retry", old, revoked, fine, FAR, "--json")
    assert (rehearsed.returncode, done.returncode) == (1, 1)
    said = json.loads(done.stdout)
    (said_before, left) = (json.loads(rehearsed.stdout), said.pop("left"))
    assert len(said_before.pop("left")) == len(left)
    assert said_before == {**said, "dry_run": True}
    assert (said["retried"], said["too_old"], said["not_live"], said["not_found"]) == (1, 1, 1, 1)
    assert {(one["request_id"], one["reason"]) for one in left} == {
        (old, "too_old"), (revoked, "not_live"), (None, "not_found"),
    }  # fmt: skip
    # Where nothing was named, what stays dead is no failure.
    text = rekey.succeed("dead", "retry", "--all")
    assert "brought back 0 dead letters; left dead: 1 too_old, 1 not_live, 0 suppressed" in text
    assert f"too_old request={old}" in text


def test_a_suppressed_address_has_to_be_released_first(rekey: Installation):
    address = new_address()
    request = dead_letter(rekey, rekey.serve(), address)
    rekey.succeed("suppressions", "add", address)
    assert "suppressions release" in rekey.succeed("dead", "show", request)
    refused = rekey.run("dead", "retry", request)
    assert refused.returncode == 1
    assert "suppressed" in refused.stdout
    rekey.succeed("suppressions", "release", address)
    rekey.succeed("dead", "retry", request)


def test_dropping_dismisses_the_request(rekey: Installation):
    service = rekey.serve()
    request = dead_letter(rekey, service)
    rehearsed = json.loads(rekey.succeed("dead", "drop", "--all", "--dry-run", "--json"))
    assert rehearsed == {"dry_run": True, "dropped": 1, "not_found": 0}
    assert rekey.database.count("outbox") == 1
    dropped = json.loads(rekey.succeed("dead", "drop", "--all", "--json"))
    assert dropped == {**rehearsed, "dry_run": False}
    assert rekey.database.count("outbox") == 0
    assert rekey.database.request(request)["drop_reason"] == "dismissed"
    status = service.caller.status(request).json()
    assert (status["status"], status["reason"]) == ("dropped", "dismissed")
    assert "dropped 0 " in rekey.succeed("dead", "drop", "--all")
    again = rekey.run("dead", "drop", request)
    assert again.returncode == 1
    assert f"left {request} not_found" in again.stdout


def test_text_from_the_database_reaches_no_terminal_unchanged(rekey: Installation):
    request = dead_letter(rekey, rekey.serve())
    cause = "x\x1b[31m\n=1+1\u009b\u202e"
    kill(rekey, request, cause)
    for command in (["list"], ["list", "--summary"], ["show", request]):
        text = rekey.succeed("dead", *command)
        assert not set(text) & {"\x1b", "\u009b", "\u202e"}
        assert not any(line.startswith("=") for line in text.splitlines())
        listed = rekey.succeed("dead", *command, "--json")
        assert listed.isascii()
        assert json.loads(listed)["cause"] == cause
    assert letters(rekey, "--cause", cause[:5])[0]["cause"] == cause


def test_the_rights_of_an_operator_are_enough(rekey: Installation):
    service = rekey.serve()
    requests = [dead_letter(rekey, service) for _ in range(3)]
    as_ops = rekey.as_operator()
    assert requests[0] in rekey.succeed("dead", "list", **as_ops)
    rekey.succeed("dead", "show", requests[0], **as_ops)
    rekey.succeed("dead", "retry", requests[0], **as_ops)
    rekey.succeed("dead", "drop", "--all", **as_ops)
    assert rekey.database.count("outbox") == 1


@pytest.mark.parametrize("command", ["retry", "drop"])
@pytest.mark.parametrize(
    "arguments",
    [[], ["--all", FAR], ["--cause", "x", FAR], ["--cause", "x", "--all"], ["--older-than", "1h"],
     ["--dry-run"], [FAR, "--older-than", "1h"], ["x"], [FAR[:-1]], ["--cause", ""],
     ["--all", "--older-than", "0s"], ["--all", "--newer-than", "3651d"]],
)  # fmt: skip
def test_what_is_meant_must_be_said_once(command: str, arguments: list[str]):
    done = run_binary("dead", command, *arguments)
    assert (done.returncode, done.stdout) == (64, "")
    assert done.stderr


@pytest.mark.parametrize(
    "arguments",
    [["list", "--limit", "0"], ["list", "--limit", "-1"], ["list", "--summary", "--reveal"],
     ["list", "x"], ["show"], ["show", "x"], ["show", FAR, FAR]],
)  # fmt: skip
def test_wrong_usage_is_64(arguments: list[str]):
    done = run_binary("dead", *arguments)
    assert (done.returncode, done.stdout) == (64, "")


def test_a_schema_from_before_is_named(rekey: Installation):
    rekey.database.execute("ALTER TABLE rekey.outbox RENAME COLUMN dead_at TO died_at")
    done = rekey.run("dead", "list")
    assert (done.returncode, done.stdout) == (1, "")
    assert "rekey migrate" in done.stderr
    away = rekey.run("dead", "list", REKEY_DATABASE_URL="postgresql://127.0.0.1:9/x")
    assert (away.returncode, away.stdout) == (1, "")
    assert away.stderr.startswith("rekey: database: ")
