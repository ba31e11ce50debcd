"""The command line: results on stdout, all else on stderr, exit codes 0, 1, 64 and 78."""

import json
import re
import stat
import subprocess
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest
from installation import BINARY, Installation, run_binary
from polling import eventually
from service import Service

COMMANDS = [
    [], ["serve"], ["work"], ["migrate"], ["purge"], ["keys"], ["keys", "init"], ["keys", "list"],
    ["callers"], ["callers", "add"], ["callers", "list"], ["callers", "remove"], ["config"],
    ["version"], ["dead"], ["dead", "list"], ["dead", "show"], ["dead", "retry"],
    ["dead", "drop"], ["outbox"], ["outbox", "pause"], ["outbox", "resume"], ["outbox", "stats"],
    ["suppressions"], ["suppressions", "list"], ["suppressions", "add"],
    ["suppressions", "release"],
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_goes_to_stdout_and_needs_no_configuration(command: list[str]):
    done = run_binary(*command, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "USAGE" in done.stdout.upper()


@pytest.mark.parametrize("command", [one for one in COMMANDS if one not in ([], ["version"])])
def test_help_has_an_example(command: list[str]):
    text = run_binary(*command, "--help").stdout
    assert f"rekey {' '.join(command)}" in text
    assert "EXAMPLE" in text.upper()


def test_version_names_the_program_and_its_number_first():
    done = run_binary("version")
    assert done.returncode == 0
    assert re.match(r"rekey \d+\.\d+\.\d+\n", done.stdout)


@pytest.mark.parametrize(
    "arguments",
    [["no-such-command"], ["serve", "--no-such-option"], ["keys", "no-such"], ["callers", "add"],
     ["callers", "add", "a", "b"], ["serve", "extra"], ["migrate", "--status", "--dry-run"],
     ["purge", "--batch"]],
)  # fmt: skip
def test_wrong_usage_is_64_and_says_so_on_stderr(arguments: list[str]):
    done = run_binary(*arguments, environment={"REKEY_DATABASE_URL": "postgresql://127.0.0.1:9/x"})
    assert done.returncode == 64, (done.returncode, done.stderr)
    assert done.stdout == ""
    assert done.stderr


def test_keys_init_makes_a_private_file_and_refuses_to_overwrite_it(tmp_path: Path):
    file = tmp_path / "keyring"
    environment = {"REKEY_KEYRING_FILE": str(file)}
    assert run_binary("keys", "init", environment=environment).returncode == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    content = file.read_text()
    states = [line.split(" ")[3] for line in content.splitlines() if not line.startswith("#")]
    assert sorted(states) == ["pepper", "signing"]
    again = run_binary("keys", "init", environment=environment)
    assert again.returncode == 1
    assert str(file) in again.stderr
    assert file.read_text() == content


def test_keys_list_shows_no_key(rekey: Installation):
    content = (rekey.directory / "keyring").read_text()
    keys = [line.split(" ") for line in content.splitlines() if not line.startswith("#")]
    plain, listed = rekey.succeed("keys", "list"), rekey.succeed("keys", "list", "--json")
    for kid, key, _, state in keys:
        assert key not in plain + listed
        assert kid in plain
        assert kid in listed
        assert state in plain
    assert {json.loads(line)["kid"] for line in listed.splitlines()} == {one[0] for one in keys}


def test_callers_add_prints_the_key_alone_and_keeps_its_hash(rekey: Installation):
    key = rekey.add_caller("second")
    file = rekey.directory / "callers"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert key not in file.read_text()
    assert sha256(key.encode()).hexdigest() in file.read_text()
    listed = rekey.succeed("callers", "list")
    assert "shop" in listed
    assert "second" in listed
    assert key not in listed + rekey.succeed("callers", "list", "--json")


def test_a_caller_may_have_two_keys_and_not_three(rekey: Installation):
    assert rekey.add_caller("shop") != rekey.key
    third = rekey.run("callers", "add", "shop")
    assert third.returncode == 1
    assert third.stdout == ""
    assert (rekey.directory / "callers").read_text().count("shop ") == 2


def test_callers_at_the_same_time_lose_no_key(rekey: Installation):
    with ThreadPoolExecutor(12) as pool:
        keys = list(pool.map(rekey.add_caller, [f"c{n}" for n in range(12)]))
    text = (rekey.directory / "callers").read_text()
    assert all(sha256(key.encode()).hexdigest() in text for key in keys)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda n: rekey.succeed("callers", "remove", f"c{n}"), range(6)))
    assert text.count("\n") - 6 == (rekey.directory / "callers").read_text().count("\n")


def test_a_key_that_nobody_saw_is_not_stored(rekey: Installation):
    file = rekey.directory / "callers"
    before = file.read_text()
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [str(BINARY), "callers", "add", "second"], env=rekey.settings, stdout=full,
            stderr=subprocess.PIPE, text=True, timeout=20, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert "could not be shown" in done.stderr
    assert file.read_text() == before


def test_callers_remove_takes_all_keys_and_an_unknown_name_fails(rekey: Installation):
    rekey.add_caller("second")
    rekey.succeed("callers", "remove", "second")
    assert "second" not in rekey.succeed("callers", "list")
    unknown = rekey.run("callers", "remove", "second")
    assert unknown.returncode == 1
    assert unknown.stderr


@pytest.mark.parametrize("name", ["", "A", "a b", "1a", "a/b", "a" * 65, "ä", "-", "a\n"])
def test_a_name_that_is_none_is_refused(rekey: Installation, name: str):
    done = rekey.run("callers", "add", "--", name)
    assert done.returncode in (1, 64)
    assert done.stdout == ""


def test_a_missing_database_is_exit_1_with_one_line_without_the_password(rekey: Installation):
    url = "postgresql://postgres:hunter2secret@127.0.0.1:9/x"
    for command in (["migrate"], ["purge"], ["migrate", "--status"]):
        done = rekey.run(*command, REKEY_DATABASE_URL=url)
        assert done.returncode == 1, command
        assert done.stdout == ""
        assert "hunter2secret" not in done.stderr
        assert "127.0.0.1" in done.stderr or "database" in done.stderr.lower()


def test_a_port_that_is_taken_is_named_in_one_line(rekey: Installation):
    first = rekey.serve("--no-worker")
    host, port = first.internal
    taken = f"{host}:{port}"
    done = rekey.run(
        "serve", "--no-worker", REKEY_LISTEN_INTERNAL=taken, REKEY_LISTEN_PUBLIC="127.0.0.1:0"
    )
    assert done.returncode == 1
    assert (
        done.stderr.splitlines()[-1] == f"rekey: {taken} cannot be listened on: the port is taken"
    )


def test_serving_as_the_owner_works_and_warns(rekey: Installation):
    warned = rekey.serve("--no-worker", REKEY_DATABASE_URL=rekey.database.owner_url)
    eventually(lambda: warnings(warned), "the warning")
    content = rekey.serve("--no-worker")
    listening = lambda line: line["message"] == "listening"  # noqa: E731
    eventually(lambda: any(map(listening, content.log_lines())), "the lines of the start")
    assert not warnings(content)


def warnings(service: Service) -> list[dict]:
    return [line for line in service.log_lines() if "owner of the schema" in line["message"]]
