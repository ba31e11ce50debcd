"""One installation of Rekey: a database, keys, callers, settings, and the commands run on it."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from database import ROLE_PASSWORD, Database
from mail_server import Mailbox
from ports import free_port
from service import Service

ROOT = Path(__file__).resolve().parents[4]
BINARY = Path(os.environ.get("REKEY_TEST_BINARY", ROOT / ".build/debug/rekey"))
DEV_BINARY = Path(os.environ.get("REKEY_TEST_DEV_BINARY", ROOT / ".build/debug/rekey-dev"))
PUBLIC_URL = "https://reset.example.test"
CONTINUE_URL = "https://shop.example.test/new-password?token={token}"
# Roles belong to the whole cluster, and tests in parallel make theirs at once.
MAKE_OPERATOR = f"""
DO $$ BEGIN
  CREATE ROLE rekey_test_ops LOGIN PASSWORD '{ROLE_PASSWORD}' IN ROLE rekey_ops;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$
"""
TOKEN = re.compile(r"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{72}(?![A-Za-z0-9_-])")


def run_binary(
    *arguments: str, environment: dict[str, str] | None = None, cwd: Path | None = None,
    deadline: float = 20.0,
) -> subprocess.CompletedProcess[str]:  # fmt: skip
    """One command to its end, in an environment of its own."""
    return subprocess.run(
        [str(BINARY), *arguments], env=environment or {}, cwd=cwd, timeout=deadline,
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip


@cache
def _keys() -> tuple[str, str, str]:
    """A keyring, the file of a caller and this caller's key, the same for all installations of a
    process: two commands for each would take longer than most tests."""
    with tempfile.TemporaryDirectory() as directory:
        keyring, callers = Path(directory) / "keyring", Path(directory) / "callers"
        files = {"REKEY_KEYRING_FILE": str(keyring), "REKEY_CALLERS_FILE": str(callers)}
        made = run_binary("keys", "init", environment=files)
        assert made.returncode == 0, made.stderr
        added = run_binary("callers", "add", "shop", environment=files)
        assert added.returncode == 0, added.stderr
        return keyring.read_text(), callers.read_text(), added.stdout.strip()


def migrate_and_grant(database: Database) -> None:
    """Migrated by its owner; the program then runs as a member of the least-privileged roles."""
    done = run_binary("migrate", environment={"REKEY_DATABASE_URL": database.owner_url})
    assert done.returncode == 0, done.stderr
    database.execute((ROOT / "sql/roles.sql").read_text())
    database.execute(
        "DO $$ BEGIN"
        " IF to_regrole('rekey_test_all') IS NULL THEN"
        f" CREATE ROLE rekey_test_all LOGIN PASSWORD '{ROLE_PASSWORD}'"
        " IN ROLE rekey_serve, rekey_work, rekey_ops;"
        " END IF; END $$"
    )


class Installation:
    def __init__(self, directory: Path, database: Database, mailbox: Mailbox | None):
        self.directory = directory
        self.database = database
        self.mailbox = mailbox
        self.services: list[Service] = []
        self.seen: set[str] = set()
        transport = f"smtp://127.0.0.1:{mailbox.port}" if mailbox else "smtp://127.0.0.1:9"
        self.settings = {
            "REKEY_DATABASE_URL": database.role_url("rekey_test_all"),
            "REKEY_PUBLIC_URL": PUBLIC_URL,
            "REKEY_CONTINUE_URL": CONTINUE_URL,
            "REKEY_KEYRING_FILE": str(directory / "keyring"),
            "REKEY_CALLERS_FILE": str(directory / "callers"),
            "REKEY_MAIL_FROM": "Example Shop <no-reply@shop.example.test>",
            "REKEY_MAIL_TRANSPORTS": transport,
        }
        keyring, callers, self.key = _keys()
        for name, text in (("keyring", keyring), ("callers", callers)):
            (directory / name).touch(mode=0o600)
            (directory / name).write_text(text)

    # Commands

    def run(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        environment = {**self.settings, **settings}
        return run_binary(*arguments, environment=environment, cwd=self.directory)

    def run_as_owner(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run(*arguments, REKEY_DATABASE_URL=self.database.owner_url)

    def as_operator(self) -> dict[str, str]:
        """The settings with which a command has the rights of `rekey_ops` alone."""
        self.database.execute(MAKE_OPERATOR)
        return {"REKEY_DATABASE_URL": self.database.role_url("rekey_test_ops")}

    def succeed(self, *arguments: str, **settings: str) -> str:
        """The stdout of a command that must exit 0."""
        done = self.run(*arguments, **settings)
        assert done.returncode == 0, (arguments, done.returncode, done.stdout, done.stderr)
        return done.stdout

    def add_caller(self, name: str) -> str:
        """Its key, which is all that is printed."""
        printed = self.succeed("callers", "add", name)
        assert re.fullmatch(r"\S+\n", printed), printed
        return printed.strip()

    # Processes

    def launch(self, *arguments: str, **settings: str) -> Service:
        """Starts a long-running command on free ports, without waiting for it."""
        environment = {
            **self.settings,
            "REKEY_LISTEN_PUBLIC": f"127.0.0.1:{free_port()}",
            "REKEY_LISTEN_INTERNAL": f"127.0.0.1:{free_port()}",
            **settings,
        }
        log = self.directory / f"{arguments[0]}-{len(self.services)}.log"
        service = Service(self, [str(BINARY), *arguments], environment, log)
        self.services.append(service)
        return service

    def serve(self, *arguments: str, **settings: str) -> Service:
        return self.launch("serve", *arguments, **settings).wait_until_ready()

    def work(self, **settings: str) -> Service:
        return self.launch("work", **settings).wait_until_ready()

    # The end

    def close(self) -> None:
        """Stops what runs; each must exit 0, and nothing secret may stand in any log."""
        try:
            for service in self.services:
                service.stop()
            self.check_logs()
        finally:
            for service in self.services:
                if service.process.poll() is None:
                    service.kill()

    def check_logs(self) -> None:
        secrets = self._secrets()
        for service in self.services:
            text = service.log.read_text()
            service.log_lines()
            found = sorted(secret for secret in secrets if secret in text)
            assert not found, f"{service.log.name} holds {found}"
            tokens = TOKEN.findall(text)
            assert not tokens, f"{service.log.name} holds what looks like a token: {tokens}"

    def _secrets(self) -> set[str]:
        mailed = self.mailbox.mails if self.mailbox else []
        recipients = {address for mail in mailed for address in mail.recipients}
        return {self.key, ROLE_PASSWORD} | self.seen | recipients | self._keyring_keys()

    def _keyring_keys(self) -> set[str]:
        file = self.directory / "keyring"
        lines = file.read_text().splitlines() if file.exists() else []
        return {line.split(" ")[1] for line in lines if line.count(" ") == 3}
