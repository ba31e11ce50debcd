"""The peer of Amazon SES itself: what tests of its transport rely on is so."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError
from caller import new_address
from sample_mail import SENDER, mail_for
from ses_server import SesServer


def send_raw(client, address: str, sender: str = SENDER) -> None:
    client.send_email(
        FromEmailAddress=sender,
        Destination={"ToAddresses": [address]},
        Content={"Raw": {"Data": mail_for(address).as_bytes()}},
        EmailTags=[{"Name": "rekey_request", "Value": "7"}],
    )


def test_ses_keeps_what_a_signed_request_sends(ses: SesServer):
    address = new_address()
    send_raw(ses.client("sesv2"), address)
    mail = ses.mail_to(address)
    assert mail.sender == SENDER
    assert mail.message["Subject"] == "Hello"
    sent = ses.sends[-1]
    assert sent["body"]["EmailTags"] == [{"Name": "rekey_request", "Value": "7"}]
    assert sent["headers"]["Authorization"].startswith("AWS4-HMAC-SHA256 ")


def test_ses_refuses_a_wrong_signature_and_a_sender_that_is_not_verified(ses: SesServer):
    address = new_address()
    with pytest.raises(ClientError, match="Did not have authority"):
        send_raw(ses.client("sesv2"), address, "no-reply@elsewhere.example.test")
    right, ses.secret = ses.secret, "wrong"
    try:
        with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
            send_raw(ses.client("sesv2"), address)
    finally:
        ses.secret = right
    assert ses.mails_to(address) == []
