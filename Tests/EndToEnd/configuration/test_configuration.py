"""Configuration: where values come from, and one clear line for each that cannot be used."""

import json
from pathlib import Path

import pytest
from installation import Installation

# What is wrong, which key must be named, and what else the line must say.
WRONG = [
    ("REKEY_TOKEN_LIFETIME", "0m", "token.lifetime"),
    ("REKEY_TOKEN_LIFETIME", "4m", "token.lifetime"),
    ("REKEY_TOKEN_LIFETIME", "25h", "token.lifetime"),
    ("REKEY_TOKEN_LIFETIME", "-1m", "token.lifetime"),
    ("REKEY_TOKEN_LIFETIME", "30", "token.lifetime"),
    ("REKEY_TOKEN_LIFETIME", "1h30m", "token.lifetime"),
    ("REKEY_TOKEN_LIFETIME", "10000000000000000000s", "token.lifetime"),
    ("REKEY_TOKEN_KEEP_LIVE", "0", "token.keep_live"),
    ("REKEY_TOKEN_KEEP_LIVE", "x", "token.keep_live"),
    ("REKEY_PUBLIC_URL", "http://reset.example.test", "public.url"),
    ("REKEY_PUBLIC_URL", "https://user:pass@reset.example.test", "public.url"),
    ("REKEY_PUBLIC_URL", "https://reset.example.test/#x", "public.url"),
    ("REKEY_PUBLIC_URL", "https://reset.example.test/../x", "public.url"),
    ("REKEY_PUBLIC_URL", "https://reset.example.test/?a=b", "public.url"),
    ("REKEY_PUBLIC_URL", "reset.example.test", "public.url"),
    ("REKEY_PUBLIC_URL", "javascript:alert(1)", "public.url"),
    ("REKEY_CONTINUE_URL", "https://shop.example.test/new-password", "continue.url"),
    ("REKEY_CONTINUE_URL", "https://shop.example.test/{token}/{token}", "continue.url"),
    ("REKEY_CONTINUE_URL", "javascript:{token}", "continue.url"),
    ("REKEY_CONTINUE_URL", "https://x.test/{token}\r\nX: y", "continue.url"),
    ("REKEY_LISTEN_PUBLIC", "127.0.0.1", "listen.public"),
    ("REKEY_LISTEN_PUBLIC", "127.0.0.1:65536", "listen.public"),
    ("REKEY_LISTEN_INTERNAL", "nonsense", "listen.internal"),
    ("REKEY_MAIL_FROM", "nobody", "mail.from"),
    ("REKEY_MAIL_FROM", "X\r\nBcc: a@example.test <a@example.test>", "mail.from"),
    ("REKEY_MAIL_TRANSPORTS", "", "mail.transports"),
    ("REKEY_MAIL_TRANSPORTS", "gopher://example.test", "mail.transports"),
    ("REKEY_MAIL_TRANSPORTS", "file:///etc/passwd", "mail.transports"),
    ("REKEY_MAIL_GIVE_UP_AFTER", "0s", "mail.give_up_after"),
    ("REKEY_LIMITS_EMAIL", "3", "limits.email"),
    ("REKEY_LIMITS_EMAIL", "0/15m", "limits.email"),
    ("REKEY_LIMITS_EMAIL", "3/15", "limits.email"),
    ("REKEY_LIMITS_CLIENT", "x/1h", "limits.client"),
    ("REKEY_ACCOUNTS_MODE", "ldap", "accounts.mode"),
    ("REKEY_ACCOUNTS_MODE", "http", "accounts.url"),
    ("REKEY_ACCOUNTS_MODE", "sql", "accounts."),
    ("REKEY_WORKER_EMBEDDED", "maybe", "worker.embedded"),
    ("REKEY_WORKER_CONCURRENCY", "0", "worker.concurrency"),
    ("REKEY_WORKER_CONCURRENCY", "9999999", "worker.concurrency"),
    ("REKEY_WORKER_LEASE", "0s", "worker.lease"),
    ("REKEY_RETENTION", "-1d", "retention"),
    ("REKEY_LOG_LEVEL", "loud", "log.level"),
    ("REKEY_LOG_FORMAT", "xml", "log.format"),
    ("REKEY_TEMPLATES_DIRECTORY", "/no/such/directory", "templates.directory"),
    ("REKEY_DATABASE_URL", "mysql://x", "database.url"),
]


@pytest.mark.parametrize(("name", "value", "key"), WRONG, ids=range(len(WRONG)))
def test_a_bad_value_stops_the_start_with_one_line_that_names_the_key(
    rekey: Installation, name: str, value: str, key: str
):
    done = rekey.run("serve", **{name: value})
    assert done.returncode == 78, (done.returncode, done.stderr)
    assert done.stdout == ""
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert key in lines[0]


REQUIRED = [
    "REKEY_DATABASE_URL", "REKEY_PUBLIC_URL", "REKEY_CONTINUE_URL", "REKEY_KEYRING_FILE",
    "REKEY_CALLERS_FILE", "REKEY_MAIL_FROM", "REKEY_MAIL_TRANSPORTS",
]  # fmt: skip


@pytest.mark.parametrize("name", REQUIRED)
def test_a_missing_required_value_stops_the_start(rekey: Installation, name: str):
    del rekey.settings[name]
    done = rekey.run("serve")
    assert done.returncode == 78
    assert name.removeprefix("REKEY_").lower().replace("_", ".", 1) in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def weak_keyrings(good: str) -> dict[str, str]:
    lines = [line for line in good.splitlines() if not line.startswith("#")]
    kid, key, date, _ = lines[0].split(" ")
    return {
        "empty": "",
        "one key only": lines[0] + "\n",
        "two signing keys": good + lines[0].replace(kid, "00000000") + "\n",
        "short key": good.replace(key, "c2hvcnQ="),
        "zero key": good.replace(key, "A" * 43 + "="),
        "not base64": good.replace(key, "!" * 44),
        "url-safe base64": good.replace(key, "-_" * 21 + "-="),
        "wrong kid": good.replace(kid, "00000000"),
        "unknown state": good.replace(" signing", " active"),
        "missing field": f"{kid} {key} {date}\n" + "\n".join(lines[1:]),
        "nonsense": "hello\n",
    }


@pytest.mark.parametrize("name", weak_keyrings("a b c signing"))
def test_a_keyring_that_is_none_stops_the_start_and_prints_no_key(rekey: Installation, name: str):
    file = rekey.directory / "keyring"
    good = file.read_text()
    bad = weak_keyrings(good)[name]
    file.write_text(bad)
    done = rekey.run("serve")
    assert done.returncode == 78, done.stderr
    assert str(file) in done.stderr or "keyring" in done.stderr
    for line in (good + bad).splitlines():
        for field in line.split(" "):
            assert len(field) < 40 or field not in done.stderr


@pytest.mark.parametrize("file", ["keyring", "callers"])
@pytest.mark.parametrize("mode", [0o644, 0o604, 0o620, 0o602, 0o660], ids=oct)
def test_a_secret_file_that_others_read_or_the_group_writes_is_refused(
    rekey: Installation, file: str, mode: int
):
    (rekey.directory / file).chmod(mode)
    done = rekey.run("serve")
    assert done.returncode == 78, done.stderr
    assert file in done.stderr


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o640], ids=oct)
def test_a_secret_file_that_the_group_reads_is_taken(rekey: Installation, mode: int):
    for file in ("keyring", "callers"):
        (rekey.directory / file).chmod(mode)
    rekey.serve()


@pytest.mark.parametrize("file", ["keyring", "callers"])
def test_a_missing_secret_file_is_named(rekey: Installation, file: str):
    (rekey.directory / file).unlink()
    done = rekey.run("serve")
    assert done.returncode == 78
    assert str(rekey.directory / file) in done.stderr


def test_the_command_line_goes_before_the_environment_before_the_file(rekey: Installation):
    file = rekey.directory / "rekey.yaml"
    file.write_text("token:\n  lifetime: 40m\n  keep_live: 2\nretention: 20d\n")
    settings = {"REKEY_TOKEN_LIFETIME": "50m", "REKEY_TOKEN_KEEP_LIVE": "4"}
    shown = rekey.succeed(
        "config", "--json", "--config", str(file), "--token-lifetime", "55m", **settings
    )
    lines = {line["key"]: line for line in map(json.loads, shown.splitlines())}
    values = {key: line["value"] for key, line in lines.items()}
    assert (values["token.lifetime"], values["token.keep_live"]) == ("55m", "4")
    assert (values["retention"], values["worker.lease"]) == ("20d", "90s")
    keys = ("token.lifetime", "token.keep_live", "retention", "worker.lease")
    assert len({lines[key]["source"] for key in keys}) == 4


def test_config_shows_every_key_with_its_source_and_no_secret(rekey: Installation):
    shown = rekey.succeed("config")
    assert rekey.database.role_url("rekey_test_all").split(":")[2].split("@")[0] not in shown
    keys = "database.url listen.public public.url continue.url mail.transports token.lifetime"
    for key in f"{keys} limits.email worker.lease retention log.level".split(" "):
        assert key in shown, key
    assert "default" in shown
    assert "REKEY_PUBLIC_URL" in shown or "environment" in shown


@pytest.mark.parametrize(
    "text",
    ["token:\n  lifetimes: 30m\n", "tokens: 1\n", "token: 30m\n", "token:\n  lifetime: 30\n",
     "a: [\n", "token:\n  lifetime: 30m\n  lifetime: 40m\n"],
)  # fmt: skip
def test_an_unknown_key_or_broken_file_stops_the_start(rekey: Installation, text: str):
    file = rekey.directory / "rekey.yaml"
    file.write_text(text)
    done = rekey.run("serve", "--config", str(file))
    assert done.returncode == 78, done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_missing_configuration_file_is_named(rekey: Installation, tmp_path: Path):
    done = rekey.run("serve", "--config", str(tmp_path / "no.yaml"))
    assert done.returncode == 78
    assert "no.yaml" in done.stderr
