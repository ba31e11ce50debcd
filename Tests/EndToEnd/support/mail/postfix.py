"""A private Postfix: STARTTLS and AUTH, greylisting on demand, delivery to a Maildir.

Postfix starts as root only, then works as its own user; without root this uses sudo. Nothing
leaves the instance: every domain is its own, and the agents that would send on are not there.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import urlencode

from certificates import Authority
from maildir import DeliveredMail, Maildir
from policy_server import PolicyServer
from polling import eventually
from ports import free_port
from postfix_configuration import HOST_NAME, MAIN, MASTER, NOBODY, SASL, USER


class Postfix:
    """Running once made. `settings` go into main.cf, for example message_size_limit="2000"."""

    def __init__(self, authority: Authority, **settings: str):
        self.authority = authority
        self.user, self.password = USER, secrets.token_hex(16)
        self.port, self.tls_port = free_port(), free_port()
        self.policy = PolicyServer()
        # Postfix's own user must get through it to its queue.
        self.directory = Path(tempfile.mkdtemp(prefix="rekey-postfix-"))
        self.directory.chmod(0o755)
        self.maildir = Maildir(self.directory / "mail/all")
        try:
            self._configure(settings)
            self._add_user()
            self.start()
        except BaseException:
            self.close()
            raise

    # For transports

    def url(self, **options: str) -> str:
        """STARTTLS is required; options go into the query, and override."""
        query = urlencode({"tls": "required", "ca": str(self.authority.file), **options})
        return f"smtp://{self.user}:{self.password}@127.0.0.1:{self.port}?{query}"

    def tls_url(self, **options: str) -> str:
        """TLS from the first byte."""
        query = urlencode({"ca": str(self.authority.file), **options})
        return f"smtps://{self.user}:{self.password}@127.0.0.1:{self.tls_port}?{query}"

    # What has arrived

    @property
    def mails(self) -> list[DeliveredMail]:
        return self.maildir.mails

    def mails_to(self, address: str) -> list[DeliveredMail]:
        return self.maildir.mails_to(address)

    def mail_to(self, address: str, count: int = 1, deadline: float = 15.0) -> DeliveredMail:
        return self.maildir.mail_to(address, count, deadline)

    @property
    def log(self) -> str:
        return self._run("cat", str(self.directory / "log"))

    # Making and ending it

    def stop(self) -> None:
        """From now on connections are refused; what has arrived stays."""
        self._postfix("stop")

    def start(self) -> None:
        self._postfix("start")

    def close(self) -> None:
        if self._runs():
            self._postfix("stop")
        eventually(lambda: not self._runs(), "the end of Postfix")
        self.policy.stop()
        # Its last processes may still be writing for a moment.
        eventually(self._is_removed, f"the end of {self.directory}")

    def _configure(self, settings: dict[str, str]) -> None:
        for name in ("config", "config/sasl", "queue", "data", "mail"):
            (self.directory / name).mkdir()
        owner = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        server = self.authority.issue()
        for source, name in ((server.file, "server.pem"), (server.key, "server.key")):
            shutil.copy(source, self.directory / "config" / name)
        values = {
            "directory": self.directory, "host": HOST_NAME, "policy": self.policy.port,
            "port": self.port, "tls_port": self.tls_port, "uid": owner.pw_uid,
            "gid": owner.pw_gid, "certificate": self.directory / "config/server.pem",
            "key": self.directory / "config/server.key",
        }  # fmt: skip
        more = "".join(f"{name} = {value}\n" for name, value in settings.items())
        config = self.directory / "config"
        (config / "main.cf").write_text(MAIN.format(**values) + more)
        (config / "master.cf").write_text(MASTER.format(**values))
        (config / "mailboxes").write_text(f"!/^{NOBODY}/ all/\n")
        (config / "sasl/smtpd.conf").write_text(SASL.format(**values))
        self._run("chown", "postfix", str(self.directory / "data"))
        self._run("chown", f"{owner.pw_uid}:{owner.pw_gid}", str(self.directory / "mail"))

    def _add_user(self) -> None:
        users = str(self.directory / "config/sasl/sasldb2")
        self._run("saslpasswd2", "-p", "-c", "-f", users, "-u", HOST_NAME, self.user,
                  given=self.password)  # fmt: skip
        self._run("chown", "postfix", users)

    def _postfix(self, command: str) -> None:
        self._run("postfix", "-c", str(self.directory / "config"), command)

    def _runs(self) -> bool:
        return self._call("postfix", "-c", str(self.directory / "config"), "status").returncode == 0

    def _is_removed(self) -> bool:
        self._call("rm", "-rf", str(self.directory))
        return not self.directory.exists()

    def _run(self, *command: str, given: str = "") -> str:
        done = self._call(*command, given=given)
        assert done.returncode == 0, f"{command[0]} failed: {done.stdout}{done.stderr}"
        return done.stdout

    def _call(self, *command: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """As root. Debian keeps the programs off an ordinary user's PATH."""
        environment = {**os.environ, "PATH": f"/usr/sbin:/sbin:{os.environ.get('PATH', '')}"}
        words = command if os.geteuid() == 0 else ("sudo", "--non-interactive", *command)
        return subprocess.run(
            words, input=given, env=environment, cwd="/", timeout=60,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
