"""Amazon SES as moto plays it, over TLS, with signatures and permissions checked as AWS does."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import boto3
import schemas
from certificates import Authority
from polling import eventually
from ports import free_port
from received_mail import Mail, newest

REGION = "eu-central-1"
IDENTITY = "shop.example.test"
SEND_PATH = "/v2/email/outbound-emails"
# How many calls are let through before signatures are checked: those that make the user.
SETUP_CALLS = 3
POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "ses:*", "Resource": "*"}],
}


class SesServer:
    """Running once made, with one verified identity and one key that may send."""

    def __init__(self, authority: Authority):
        self.authority = authority
        self.port = free_port()
        self.endpoint = f"https://127.0.0.1:{self.port}"
        self.directory = Path(tempfile.mkdtemp(prefix="rekey-ses-"))
        self._recording = self.directory / "requests"
        self._log = (self.directory / "log").open("wb")
        self._process = self._launch()
        try:
            eventually(self._is_up, "moto", 60)
            self.key_id, self.secret = "none", "none"
            self.key_id, self.secret = self._make_user()
            self.verify(IDENTITY)
        except BaseException:
            self.close()
            raise

    def url(self, **options: str) -> str:
        """A transport; options go into the query, and override."""
        query = urlencode({"region": REGION, "ca": str(self.authority.file), **options})
        return f"ses://{self.key_id}:{quote(self.secret, safe='')}@127.0.0.1:{self.port}?{query}"

    def verify(self, identity: str) -> None:
        """A domain or an address that may send from now on."""
        self.client("sesv2").create_email_identity(EmailIdentity=identity)

    def client(self, service: str) -> Any:
        """AWS's own client, signed in with the key once there is one."""
        return boto3.client(
            service, region_name=REGION, endpoint_url=self.endpoint,
            aws_access_key_id=self.key_id, aws_secret_access_key=self.secret,
            verify=str(self.authority.file),
        )  # fmt: skip

    # What was sent

    @property
    def mails(self) -> list[Mail]:
        """What was accepted, in order. Recipients are of the request and of the headers."""
        found = self._ask("/moto-api/data.json")["ses"]["RawMessage"]
        return [
            Mail(one["source"], sorted(set(one["destinations"])), one["raw_data"].encode(), "")
            for one in found
        ]

    def mails_to(self, address: str) -> list[Mail]:
        return [mail for mail in self.mails if address in mail.recipients]

    def mail_to(self, address: str, count: int = 1, deadline: float = 15.0) -> Mail:
        """The newest mail to an address once there are `count`; more than those is a fault."""
        return newest(self.mails_to, address, count, deadline)

    @property
    def sends(self) -> list[dict[str, Any]]:
        """Every request to send, accepted or not: its `headers` and its parsed `body`."""
        if not self._recording.exists():
            return []
        # The last line may be in the middle of its writing.
        entries = [json.loads(line) for line in self._recording.read_text().split("\n")[:-1]]
        return [
            {**entry, "body": json.loads(base64.b64decode(entry["body"]))}
            for entry in entries
            if entry["method"] == "POST" and entry["url"].endswith(SEND_PATH)
        ]

    @property
    def faults(self) -> list[str]:
        """What in these requests is not as Amazon's reference has it; moto itself is lenient."""
        return [fault for send in self.sends for fault in schemas.faults("ses", send["body"])]

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(20)
        self._log.close()
        shutil.rmtree(self.directory)

    # Making it

    def _launch(self) -> subprocess.Popen[bytes]:
        server = self.authority.issue()
        environment = {
            "PATH": os.environ.get("PATH", ""),
            "INITIAL_NO_AUTH_ACTION_COUNT": str(SETUP_CALLS),
            "MOTO_ENABLE_RECORDING": "true",
            "MOTO_RECORDER_FILEPATH": str(self._recording),
        }
        program = "from moto.server import main; main()"
        return subprocess.Popen(
            [sys.executable, "-c", program, "-H", "127.0.0.1", "-p", str(self.port),
             "-c", str(server.file), "-k", str(server.key)],
            env=environment, cwd=self.directory, stdin=subprocess.DEVNULL,
            stdout=self._log, stderr=self._log,
        )  # fmt: skip

    def _is_up(self) -> bool:
        assert self._process.poll() is None, (self.directory / "log").read_text()
        try:
            self._ask("/moto-api/data.json")
        except OSError:
            return False
        return True

    def _ask(self, path: str) -> Any:
        context = self.authority.client_context()
        with urllib.request.urlopen(self.endpoint + path, context=context, timeout=10) as answer:
            return json.load(answer)

    def _make_user(self) -> tuple[str, str]:
        """A key that may send and nothing else, made while nothing is checked yet."""
        iam = self.client("iam")
        iam.create_user(UserName="rekey")
        iam.put_user_policy(UserName="rekey", PolicyName="ses", PolicyDocument=json.dumps(POLICY))
        key = iam.create_access_key(UserName="rekey")["AccessKey"]
        return key["AccessKeyId"], key["SecretAccessKey"]
