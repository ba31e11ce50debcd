"""A mail server on a socket that keeps what it is sent and misbehaves when it is told to."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from ports import free_port
from received_mail import Mail, newest


class Hold:
    """Keeps a transfer without a reply until `release`, then goes on as if nothing had been."""

    def __init__(self) -> None:
        self._reached = threading.Event()
        self._released = threading.Event()

    def wait_until_reached(self, deadline: float = 15.0) -> None:
        assert self._reached.wait(deadline), f"no transfer within {deadline:g} s"

    def release(self) -> None:
        self._released.set()

    async def pass_through(self) -> None:
        self._reached.set()
        while not self._released.is_set():
            # Released by another thread, whose event this loop cannot await.
            await asyncio.sleep(0.005)


@dataclass
class _Rule:
    """What to do at a stage, so many times, for recipients that match."""

    stage: str
    act: str | Hold
    times: int
    recipient: str


@dataclass
class Mailbox:
    """Starts on a free port and keeps it over stop and start."""

    port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        self._mails: list[Mail] = []
        self._recipients: list[tuple[str, list[str]]] = []
        self._rules: list[_Rule] = []
        self._lock = threading.Lock()
        self._controller: Controller | None = None
        self.start()

    # What it was sent

    @property
    def mails(self) -> list[Mail]:
        with self._lock:
            return list(self._mails)

    @property
    def recipients(self) -> list[tuple[str, list[str]]]:
        """Every RCPT with its parameters, accepted or not."""
        with self._lock:
            return list(self._recipients)

    def mails_to(self, address: str) -> list[Mail]:
        return [mail for mail in self.mails if address in mail.recipients]

    def mail_to(self, address: str, count: int = 1, deadline: float = 15.0) -> Mail:
        """The newest mail to an address once there are `count`; more than those is a fault."""
        return newest(self.mails_to, address, count, deadline)

    # What it does

    def start(self) -> None:
        self._controller = _PlainController(_Handler(self), hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def stop(self) -> None:
        """From now on connections are refused; those that are open break."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def on(self, stage: str, act: str, times: int = 1, recipient: str = "") -> None:
        """At RCPT or DATA answer `act`, or 'drop' the connection, or 'hang' until it goes away."""
        with self._lock:
            self._rules.append(_Rule(stage, act, times, recipient))

    def hold(self, stage: str, recipient: str = "") -> Hold:
        """The next transfer waits there for its reply: at RCPT before any data, at DATA after the
        final dot, with the mail not kept yet."""
        made = Hold()
        with self._lock:
            self._rules.append(_Rule(stage, made, 1, recipient))
        return made

    def clear_rules(self) -> None:
        with self._lock:
            self._rules.clear()

    # For the handler

    def next_act(self, stage: str, recipients: list[str]) -> str | Hold | None:
        with self._lock:
            for rule in self._rules:
                hit = rule.stage == stage and any(rule.recipient in one for one in recipients)
                if hit and rule.times > 0:
                    rule.times -= 1
                    return rule.act
        return None

    def saw_recipient(self, address: str, parameters: list[str]) -> None:
        with self._lock:
            self._recipients.append((address, parameters))

    def keep(self, mail: Mail) -> None:
        with self._lock:
            self._mails.append(mail)


class _PlainController(Controller):
    def factory(self) -> SMTP:
        return SMTP(self.handler, hostname="mail.example.test", enable_SMTPUTF8=False, timeout=600)


class _Handler:
    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox

    async def handle_RCPT(self, server, session, envelope, address, options):
        self.mailbox.saw_recipient(address, options)
        answer = await self._act("RCPT", server, [address])
        if answer is None:
            envelope.rcpt_tos.append(address)
        return answer or "250 2.1.5 OK"

    async def handle_DATA(self, server, session, envelope):
        """Runs when the final dot has arrived, before it is answered."""
        answer = await self._act("DATA", server, envelope.rcpt_tos)
        if answer is None or answer.startswith("2"):
            raw = envelope.original_content
            self.mailbox.keep(
                Mail(envelope.mail_from, list(envelope.rcpt_tos), raw, session.host_name)
            )
        return answer or "250 2.0.0 OK"

    async def _act(self, stage: str, server: SMTP, recipients: list[str]) -> str | None:
        act = self.mailbox.next_act(stage, recipients)
        if isinstance(act, Hold):
            await act.pass_through()
            return None
        if act == "keep-and-drop":
            self.mailbox.keep(_kept_before_the_answer(server))
        if act in ("drop", "keep-and-drop"):
            server.transport.abort()
            return "451 gone"
        if act == "hang":
            await asyncio.Event().wait()
        return act


def _kept_before_the_answer(server: SMTP) -> Mail:
    """A mail that was taken, whose acknowledgement then got lost."""
    envelope, session = server.envelope, server.session
    return Mail(
        envelope.mail_from, list(envelope.rcpt_tos), envelope.original_content, session.host_name
    )
