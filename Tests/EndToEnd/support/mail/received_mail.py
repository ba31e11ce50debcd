"""A mail as a server has received it: its parts, its link, its token."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from functools import cached_property
from html.parser import HTMLParser
from typing import TypeVar
from urllib.parse import parse_qs, urlsplit

from polling import eventually


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.found += [value or "" for name, value in attrs if name == "href"]


@dataclass(frozen=True)
class Mail:
    sender: str
    recipients: list[str]
    raw: bytes
    hello: str

    @cached_property
    def message(self) -> EmailMessage:
        return email.message_from_bytes(self.raw, policy=email.policy.SMTP)

    def part(self, kind: str) -> str:
        """The decoded text of the one part of this content type that is no attachment."""
        parts = [
            part for part in self.message.walk()
            if part.get_content_type() == kind and part.get_content_disposition() != "attachment"
        ]  # fmt: skip
        assert len(parts) == 1, f"{len(parts)} parts of {kind}"
        return parts[0].get_content()

    @property
    def link(self) -> str:
        """The link, which stands exactly once in each part, the same in both."""
        html = _Links()
        html.feed(self.part("text/html"))
        resets = [link for link in html.found if "/reset/verify" in link]
        plain = re.findall(r"https?://\S+/reset/verify\S*", self.part("text/plain"))
        assert len(resets) == 1, resets
        assert plain == resets
        return resets[0]

    @property
    def token(self) -> str:
        query = parse_qs(urlsplit(self.link).query, strict_parsing=True)
        assert list(query) == ["token"], query
        (token,) = query["token"]
        assert re.fullmatch(r"[A-Za-z0-9_-]{72}", token), token
        return token

    @property
    def message_id(self) -> str:
        return self.message["Message-ID"]


AnyMail = TypeVar("AnyMail", bound=Mail)


def newest(
    mails_to: Callable[[str], list[AnyMail]], address: str, count: int, deadline: float
) -> AnyMail:
    """The last of an address's mails once there are `count`; more than those is a fault."""
    found = eventually(
        lambda: len(mails_to(address)) >= count and mails_to(address),
        f"{count} mail(s) to {address}",
        deadline,
    )
    assert len(found) == count, f"{len(found)} mails to {address}"
    return found[-1]
