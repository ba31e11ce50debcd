"""The mail: its headers, its parts, what it says and what it does not give away."""

import email.utils
import re

from caller import new_address
from installation import Installation
from service import Service


def first_mail(service: Service, **fields):
    address = new_address()
    service.caller.accepted(address, **fields)
    return address, service.installation.mailbox.mail_to(address)


def test_the_headers_are_exactly_these(service: Service):
    address, mail = first_mail(service)
    message = mail.message
    names = sorted(name.lower() for name in message)
    assert names == sorted(
        ["from", "to", "subject", "date", "message-id", "mime-version", "content-type",
         "auto-submitted", "x-auto-response-suppress"]
    )  # fmt: skip
    assert message["From"] == "Example Shop <no-reply@shop.example.test>"
    assert message["To"] == address
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "All"
    assert message["MIME-Version"] == "1.0"
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == [
        "text/plain",
        "text/html",
    ]
    assert email.utils.parsedate_to_datetime(message["Date"]).tzinfo is not None


def test_the_envelope_has_one_sender_one_recipient_and_no_parameters(service: Service):
    address, mail = first_mail(service)
    assert mail.sender == "no-reply@shop.example.test"
    assert mail.recipients == [address]
    assert service.installation.mailbox.recipients == [(address, [])]


def test_the_message_id_is_stable_in_form_and_of_the_senders_domain(service: Service):
    _, mail = first_mail(service)
    assert re.fullmatch(r"<[0-9a-f-]{36}@shop\.example\.test>", mail.message_id)


def test_lines_end_in_crlf_and_are_not_too_long(service: Service):
    _, mail = first_mail(service)
    assert b"\n" not in mail.raw.replace(b"\r\n", b"")
    assert b"\r" not in mail.raw.replace(b"\r\n", b"")
    assert max(len(line) for line in mail.raw.split(b"\r\n")) <= 998
    assert all(byte < 128 for byte in mail.raw)


def test_it_names_no_version_path_or_private_host(service: Service):
    _, mail = first_mail(service)
    text = mail.raw.decode("ascii").lower()
    for word in ("libcurl", "curl/", "swift", "/tmp", "/home", "x-mailer", "user-agent", "rekey/"):
        assert word not in text
    assert mail.hello
    assert "/" not in mail.hello


def test_it_holds_nothing_that_a_stranger_typed_but_the_address(service: Service):
    text = "<a href=//evil.test>x</a>{{7*7}}"
    _, mail = first_mail(
        service, data={"name": text}, client={"ip": "203.0.113.9", "user_agent": text}
    )
    for kind in ("text/plain", "text/html"):
        assert "evil.test" not in mail.part(kind)
        assert "203.0.113.9" not in mail.part(kind)


def test_it_says_that_nothing_need_be_done_and_how_long_the_link_lives(rekey: Installation):
    service = rekey.serve(REKEY_TOKEN_LIFETIME="45m")
    _, mail = first_mail(service)
    for kind in ("text/plain", "text/html"):
        assert "45 minutes" in mail.part(kind)
        assert "did not ask" in mail.part(kind)


def test_a_sender_name_outside_ascii_is_an_encoded_word(rekey: Installation):
    service = rekey.serve(REKEY_MAIL_FROM='Bücher, "Größe" & Töchter <no-reply@shop.example.test>')
    _, mail = first_mail(service)
    sender = mail.message["From"].addresses[0]
    assert "Bücher" in sender.display_name
    assert sender.addr_spec == "no-reply@shop.example.test"
    assert all(byte < 128 for byte in mail.raw)


def test_the_html_part_loads_nothing_and_has_a_language(service: Service):
    _, mail = first_mail(service)
    html = mail.part("text/html")
    assert re.search(r'<html[^>]* lang="en"', html)
    assert "<img" not in html
    assert "<script" not in html
    assert re.findall(r'(?:src|href)="([^"]*)"', html) == [mail.link]
