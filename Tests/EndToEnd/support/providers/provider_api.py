"""Mail providers' HTTPS APIs and a webhook receiver, all on one port of this machine.

Answers as the real ones do, keeps what it is sent, and misbehaves when it is told to. A request
that a provider would refuse is refused and kept in `faults`, which a test must find empty.
"""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import standard_webhooks
from certificates import Authority
from polling import eventually
from ports import free_port
from provider_requests import Received, verify_webhook
from provider_server import CUT, Act, Hold, Server
from providers import PROVIDERS, Answer, Provider
from received_mail import Mail, newest

DOMAIN = "mg.example.test"


@dataclass
class _Rule:
    act: Act
    provider: str
    recipient: str
    times: int


class ProviderApi:
    """Running once made. Its certificate is for loopback, or for the names that are given.

    `address` begins all its URLs, for what is not a transport; without TLS that is http.
    """

    def __init__(self, authority: Authority, *names: str, tls: bool = True):
        self.authority = authority
        self.keys = {provider.name: f"key-{secrets.token_hex(16)}" for provider in PROVIDERS}
        self.webhook_secrets = [standard_webhooks.new_secret()]
        self.faults: list[str] = []
        self._lock = threading.Lock()
        self._received: list[Received] = []
        self._taken: list[Received] = []
        self._rules: list[_Rule] = []
        self._holds: list[Hold] = []
        self._answers: dict[tuple[str, str], tuple[bytes, Answer]] = {}
        self.port = free_port()
        context = authority.issue(*names).server_context() if tls else None
        self._trust = {"ca": str(authority.file)} if tls else {"tls": "none"}
        self.address = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self._server = Server(self, context)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    # For transports

    def url(self, provider: str, **options: str) -> str:
        """A transport of sendgrid, mailgun, postmark or resend; options override."""
        given = {**self._trust, **options}
        if provider == "mailgun":
            given = {"domain": DOMAIN, **given}
        return f"{provider}://{self.keys[provider]}@127.0.0.1:{self.port}?{urlencode(given)}"

    def webhook_url(self, secret_file: str, path: str = "/webhook", **options: str) -> str:
        """A transport that posts mails; the file holds what is in `webhook_secrets`."""
        given = {"secret_file": secret_file, **self._trust, **options}
        return f"webhook+https://127.0.0.1:{self.port}{path}?{urlencode(given)}"

    def write_webhook_secrets(self, file: Path) -> str:
        """The secrets as they are now, one a line; the path of the file."""
        file.touch(0o600)
        file.write_text("".join(f"{secret}\n" for secret in self.webhook_secrets))
        return str(file)

    # What it was sent

    @property
    def received(self) -> list[Received]:
        """Every whole request, whatever became of it."""
        with self._lock:
            return list(self._received)

    @property
    def taken(self) -> list[Received]:
        """Those that the provider has taken on, each once."""
        with self._lock:
            return list(self._taken)

    def requests_to(self, provider: str, count: int = 1, deadline: float = 15.0) -> list[Received]:
        """All requests to a provider once there are `count`; more than those is a fault."""
        found = eventually(
            lambda: len(self._to(provider)) >= count and self._to(provider),
            f"{count} request(s) to {provider}",
            deadline,
        )
        assert len(found) == count, f"{len(found)} requests to {provider}"
        return found

    @property
    def mails(self) -> list[Mail]:
        return [request.mail for request in self.taken if request.mail]

    def mails_to(self, address: str) -> list[Mail]:
        return [mail for mail in self.mails if address in mail.recipients]

    def mail_to(self, address: str, count: int = 1, deadline: float = 15.0) -> Mail:
        """The newest mail to an address once there are `count`; more than those is a fault."""
        return newest(self.mails_to, address, count, deadline)

    def _to(self, provider: str) -> list[Received]:
        return [request for request in self.received if request.provider == provider]

    # What it does

    def on(self, provider: str, act: Act, times: int = 1, recipient: str = "") -> None:
        """Does `act` for the next requests, whose body holds the recipient if one is given."""
        with self._lock:
            self._rules.append(_Rule(act, provider, recipient, times))

    def hold(self, provider: str, then: Act = None, recipient: str = "") -> Hold:
        """The next request waits until the test releases it, or ends."""
        made = Hold(then)
        self._holds.append(made)
        self.on(provider, made, 1, recipient)
        return made

    def close(self) -> None:
        for hold in self._holds:
            hold.release()
        self._server.shutdown()
        self._server.server_close()

    # For the handler

    def next_act(self, provider: str, body: bytes | None) -> Act:
        """Without a body, which is not read yet, only a cut is taken."""
        with self._lock:
            for rule in self._rules:
                hit = rule.provider == provider and rule.times > 0
                fits = rule.act == CUT if body is None else rule.recipient.encode() in body
                if hit and fits:
                    rule.times -= 1
                    return rule.act
        return None

    def take(self, request: Received, provider: Provider) -> Answer:
        """The provider's own answer; the same key of idempotency again gets the same again."""
        key = request.idempotency_key
        place = (provider.name, key)
        with self._lock:
            if provider.name == "resend" and key is not None and place in self._answers:
                body, answer = self._answers[place]
                conflict = {"statusCode": 409, "name": "invalid_idempotent_request"}
                return answer if body == request.body else Answer(409, conflict)
            answer = provider.accepted(request)
            self._answers[place] = (request.body, answer)
            self._taken.append(request)
            return answer

    def judge(self, request: Received, provider: Provider) -> Answer | None:
        """The answer to a request that is not in order; None if it is."""
        with self._lock:
            self._received.append(request)
        if not provider.is_authorized(request.headers, self.keys[provider.name]):
            return provider.refusal
        kind = request.headers.get("content-type", "").partition(";")[0].strip()
        if kind != provider.content_type:
            request.faults.append(f"{provider.name}: content type {kind!r}")
        else:
            provider.understand(request)
        if provider.name == "webhook":
            verify_webhook(request, self.webhook_secrets)
        self.faults += request.faults
        return provider.fault(request.faults[0]) if request.faults else None
