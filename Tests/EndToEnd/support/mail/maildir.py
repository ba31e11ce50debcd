"""Reads the mails that a real mail server has delivered to one Maildir, for any address."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from received_mail import Mail, newest

# What a server puts before the message as it was sent.
TRACE = ("return-path", "x-original-to", "delivered-to", "received")


@dataclass(frozen=True)
class DeliveredMail(Mail):
    """`raw` is the message as it was sent; `trace` is what the server has put before it."""

    trace: str


class Maildir:
    def __init__(self, directory: Path):
        self.directory = directory

    @property
    def mails(self) -> list[DeliveredMail]:
        """In the order of their arrival."""
        files = (self.directory / "new").glob("*")
        return [_read(file) for file in sorted(files, key=lambda file: file.stat().st_mtime_ns)]

    def mails_to(self, address: str) -> list[DeliveredMail]:
        return [mail for mail in self.mails if address in mail.recipients]

    def mail_to(self, address: str, count: int = 1, deadline: float = 15.0) -> DeliveredMail:
        """The newest mail to an address once there are `count`; more than those is a fault."""
        return newest(self.mails_to, address, count, deadline)


def _read(file: Path) -> DeliveredMail:
    lines = file.read_bytes().split(b"\n")
    end = 0
    while _is_trace(lines[end]) or (end and lines[end][:1] in (b" ", b"\t")):
        end += 1
    trace = b"\n".join(lines[:end]).decode()
    raw = b"\r\n".join(lines[end:])
    hello = re.search(r"^Received: from (\S+)", trace, re.MULTILINE)
    return DeliveredMail(
        _field("Return-Path", trace).strip("<>"),
        [_field("Delivered-To", trace)],
        raw,
        hello[1] if hello else "",
        trace,
    )


def _is_trace(line: bytes) -> bool:
    return line.partition(b":")[0].decode("ascii", "replace").lower() in TRACE


def _field(name: str, trace: str) -> str:
    found = re.search(rf"^{name}: ?(.*)$", trace, re.MULTILINE)
    assert found, f"no {name} in {trace!r}"
    return found[1]
