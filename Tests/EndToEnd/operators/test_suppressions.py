"""`rekey suppressions`: who gets no mail, and why."""

import json
import subprocess
from datetime import datetime, timedelta

import pytest
from caller import new_address
from installation import BINARY, Installation, run_binary
from polling import eventually

FAR = "0193a5c2-7b1e-7000-8000-3f2a9c1d4e5f"


def on_stdin(
    rekey: Installation, text: str | bytes, *arguments: str
) -> subprocess.CompletedProcess[bytes]:
    raw = text if isinstance(text, bytes) else text.encode()
    return subprocess.run(
        [str(BINARY), "suppressions", *arguments], env=rekey.settings, input=raw,
        cwd=rekey.directory, capture_output=True, timeout=20, check=False,
    )  # fmt: skip


def listed(rekey: Installation, *arguments: str) -> list[dict]:
    lines = rekey.succeed("suppressions", "list", "--json", *arguments).splitlines()
    return [json.loads(line) for line in lines]


def days(entry: dict) -> float:
    length = datetime.fromisoformat(entry["until"]) - datetime.fromisoformat(entry["since"])
    return length / timedelta(days=1)


def test_a_suppressed_address_gets_no_mail_until_it_is_released(rekey: Installation):
    service = rekey.serve()
    address = new_address()
    rekey.succeed("suppressions", "add", address)
    request = service.caller.accepted(address)
    eventually(lambda: service.caller.status(request).json()["status"] == "dropped", "dropped")
    assert service.caller.status(request).json()["reason"] == "suppressed"
    rekey.succeed("suppressions", "release", address)
    service.caller.accepted(address)
    eventually(lambda: rekey.mailbox.mails_to(address), "the mail")
    assert len(rekey.mailbox.mails_to(address)) == 1


def test_the_list_masks_addresses_and_reveals_them_on_demand(rekey: Installation):
    for name in ("ann", "q", "bob"):
        rekey.succeed("suppressions", "add", f"{name}@Example.TEST")
    found = listed(rekey)
    assert [one["address"] for one in found] == [
        "b***@example.test", "***@example.test", "a***@example.test",
    ]  # fmt: skip
    assert {(one["reason"], one["source"]) for one in found} == {("manual", "operator")}
    assert all(days(one) == 30 for one in found)
    assert listed(rekey, "--reveal", "--limit", "1")[0]["address"] == "bob@example.test"
    text = rekey.succeed("suppressions", "list")
    assert "bob" not in text
    assert f"{found[0]['id']} caller=shop reason=manual source=operator since=" in text
    assert json.loads(
        rekey.succeed("suppressions", "list", "--json", "--limit", "1", REKEY_KEYRING_FILE="")
    )["address"] is None  # fmt: skip
    done = rekey.run("suppressions", "list", "--reveal", REKEY_KEYRING_FILE="")
    assert (done.returncode, done.stdout) == (78, "")


def test_an_address_may_come_on_stdin_where_nobody_sees_it(rekey: Installation):
    for text in ("ann@example.test", "bob@example.test\n", "joe@example.test\r\n"):
        done = on_stdin(rekey, text, "add", "-", "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["done"] == "added"
    assert len(listed(rekey)) == 3
    assert on_stdin(rekey, "ann@example.test\n", "release", "-").returncode == 0
    assert len(listed(rekey)) == 2


@pytest.mark.parametrize(
    "text", ["", "\n", "a@b.test\nc@d.test\n", b"a\xff@b.test", "x" * 5000, "a@b.test,c@d.test"]
)
def test_what_is_no_address_on_stdin_is_64_and_not_repeated(rekey: Installation, text: str | bytes):
    done = on_stdin(rekey, text, "add", "-")
    assert (done.returncode, done.stdout) == (64, b"")
    assert b"b.test" not in done.stderr
    assert listed(rekey) == []


def test_the_later_end_counts_and_what_was_done_is_told(rekey: Installation):
    add = lambda *more: json.loads(  # noqa: E731
        rekey.succeed("suppressions", "add", "ann@example.test", "--json", *more)
    )
    first = add("--for", "2d")
    assert (first["done"], days(first)) == ("added", 2)
    kept = add("--for", "1d", "--reason", "complaint")
    assert kept == {**first, "done": "kept"}
    longer = add("--for", "3d", "--reason", "complaint")
    assert (longer["done"], longer["reason"], days(longer)) == ("extended", "complaint", 3)
    assert len(listed(rekey, "--reason", "complaint")) == 1
    assert listed(rekey, "--reason", "manual") == []
    assert days(add()) == 30


def test_callers_have_lists_of_their_own(rekey: Installation):
    first = rekey.succeed("callers", "list").split()[0]
    rekey.succeed("callers", "add", "other")
    add = ("suppressions", "add", "ann@example.test", "--json")
    (one,) = [json.loads(line) for line in rekey.succeed(*add, "--caller", "other").splitlines()]
    assert (one["caller"], one["done"]) == ("other", "added")
    both = [json.loads(line) for line in rekey.succeed(*add).splitlines()]
    assert sorted((one["caller"], one["done"]) for one in both) == sorted(
        [(first, "added"), ("other", "extended")]
    )
    release = ("suppressions", "release", "ann@example.test")
    assert " caller=other " in rekey.succeed(*release, "--caller", "other")
    assert [one["caller"] for one in listed(rekey)] == [first]
    assert rekey.run(*release, "--caller", "other").returncode == 1
    assert f" caller={first} " in rekey.succeed(*release)
    # A caller without a key is still one.
    rekey.succeed("suppressions", "add", "ann@example.test", "--caller", "gone")
    assert [one["caller"] for one in listed(rekey)] == ["gone"]


def test_the_configured_lifetime_is_the_default(rekey: Installation):
    rekey.succeed("suppressions", "add", "ann@example.test", REKEY_SUPPRESSIONS_LIFETIME="1h")
    assert days(listed(rekey)[0]) == 1 / 24


def test_the_list_knows_an_address_however_it_is_typed(rekey: Installation):
    rekey.succeed("suppressions", "add", "ann@münchen.example")
    released = rekey.succeed("suppressions", "release", " ann@XN--MNCHEN-3YA.example. ")
    assert released.startswith("released ")


def test_release_by_id_needs_no_keyring_and_works_once(rekey: Installation):
    rekey.succeed("suppressions", "add", "ann@example.test")
    (entry,) = listed(rekey)
    command = ["suppressions", "release", "--id", entry["id"], "--json"]
    released = json.loads(rekey.succeed(*command, REKEY_KEYRING_FILE=""))
    assert released == {**entry, "address": None}
    for again in (command, ["suppressions", "release", "ann@example.test"]):
        done = rekey.run(*again)
        assert (done.returncode, done.stdout) == (1, "")
        assert "not suppressed" in done.stderr


def test_adding_without_a_keyring_is_wrong_configuration(rekey: Installation):
    done = rekey.run("suppressions", "add", "ann@example.test", REKEY_KEYRING_FILE="")
    assert (done.returncode, done.stdout) == (78, "")
    assert "keyring.file" in done.stderr


def test_the_rights_of_an_operator_are_enough(rekey: Installation):
    for command in ("add", "release"):
        rekey.succeed("suppressions", command, "ann@example.test", **rekey.as_operator())
    rekey.succeed("suppressions", "list", **rekey.as_operator())


@pytest.mark.parametrize(
    "arguments",
    [["add"], ["add", "a@b.test", "c@d.test"], ["add", "a@b.test", "--for", "59m"],
     ["add", "a@b.test", "--for", "3651d"], ["add", "a@b.test", "--for", "30"],
     ["add", "a@b.test", "--reason", "x"], ["list", "--reason", "x"], ["list", "--limit", "0"],
     ["add", "a@b.test", "--caller", "A b"], ["release", "--id", FAR, "--caller", "a"],
     ["release"], ["release", "a@b.test", "--id", FAR], ["release", "--id", "x"]],
)  # fmt: skip
def test_wrong_usage_is_64(arguments: list[str]):
    done = run_binary("suppressions", *arguments)
    assert (done.returncode, done.stdout) == (64, "")


@pytest.mark.parametrize("address", ["x", "a@b", "a@@b.test", "", "a b@c.test", '"a"@b.test'])
def test_what_the_service_does_not_take_is_64(rekey: Installation, address: str):
    for command in ("add", "release"):
        done = rekey.run("suppressions", command, "--", address)
        assert (done.returncode, done.stdout) == (64, "")
