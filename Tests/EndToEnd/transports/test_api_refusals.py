"""Calls of HTTPS APIs that are refused: what is a dead letter, who is suppressed, what waits."""

from __future__ import annotations

import outbox_rows
import pytest
from api_transports import use
from caller import new_address
from installation import Installation
from mail_server import Mailbox
from provider_api import ProviderApi
from providers import Answer
from served import Served

REFUSALS = {
    "sendgrid": (
        Answer(400, {"errors": [{"message": "The subject is required.", "field": "subject"}]}),
        "http_400",
    ),
    "mailgun": (Answer(400, {"message": "from parameter is missing"}), "http_400"),
    "postmark": (Answer(422, {"ErrorCode": 300, "Message": "Invalid 'Subject'"}), "http_422_300"),
    "resend": (
        Answer(422, {"statusCode": 422, "name": "missing_required_field", "message": "Missing"}),
        "http_422_missing_required_field",
    ),
    "ses": (
        Answer(400, {"message": "no"}, {"x-amzn-ErrorType": "MessageRejected"}),
        "http_400_MessageRejected",
    ),
    "webhook": (Answer(422, {"error": "no"}), "http_422"),
}


def test_a_refusal_is_a_dead_letter_with_the_code_of_the_provider(served: Served):
    refusal, cause = REFUSALS[served.name]
    served.api.on(served.name, refusal)
    request_id, address = served.ask()
    row = outbox_rows.dead(served.database, request_id)
    assert row["last_error"] == cause
    assert row["attempt"] == 1
    assert served.status_of(request_id) == "failed"
    # The address is not at fault, so it gets the next mail.
    served.service.caller.accepted(address)
    served.api.mail_to(address)


RECIPIENTS = {
    "sendgrid": (
        Answer(400, {"errors": [{
            "message": "Does not contain a valid address.",
            "field": "personalizations.0.to.0.email", "help": None,
        }]}),
        "http_400_to",
    ),
    "mailgun": (
        Answer(400, {"message": "'to' parameter is not a valid address. please check"}),
        "http_400_to",
    ),
    "postmark": (
        Answer(422, {"ErrorCode": 406, "Message": "You tried to send to an inactive recipient."}),
        "http_422_406",
    ),
    "resend": (
        Answer(422, {"statusCode": 422, "name": "validation_error",
                     "message": "Invalid `to` field. The email address needs to follow"}),
        "http_422_to",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", RECIPIENTS)
def test_a_refusal_of_the_recipient_suppresses_the_address(
    rekey: Installation, provider_api: ProviderApi, name: str
):
    use(rekey, provider_api, name)
    service = rekey.serve()
    refusal, cause = RECIPIENTS[name]
    provider_api.on(name, refusal)
    address = new_address()
    assert outbox_rows.dead(rekey.database, service.caller.accepted(address))["last_error"] == cause
    (row,) = outbox_rows.suppressions(rekey.database)
    assert (row["reason"], row["source"]) == ("refused", f"1-{name}")
    again = service.caller.accepted(address)
    outbox_rows.ended(rekey.database, again)
    body = service.caller.status(again).json()
    assert (body["status"], body["reason"]) == ("dropped", "suppressed")
    assert len(provider_api.received) == 1


def test_a_wrong_key_is_no_refusal_of_the_mail(rekey: Installation, provider_api: ProviderApi):
    use(rekey, provider_api, "postmark")
    right = provider_api.keys["postmark"]
    provider_api.keys["postmark"] = "another"
    service = rekey.serve()
    address = new_address()
    row = outbox_rows.retried(rekey.database, service.caller.accepted(address))
    assert row["last_error"].startswith("http_401")
    provider_api.keys["postmark"] = right
    rekey.database.make_due()
    provider_api.mail_to(address)


def test_an_api_is_a_second_way_where_the_mail_server_is_away(
    rekey: Installation, provider_api: ProviderApi, mailbox: Mailbox
):
    first = rekey.settings["REKEY_MAIL_TRANSPORTS"]
    use(rekey, provider_api, "postmark")
    rekey.settings["REKEY_MAIL_TRANSPORTS"] = f"{first} {rekey.settings['REKEY_MAIL_TRANSPORTS']}"
    mailbox.stop()
    service = rekey.serve()
    address = new_address()
    service.caller.accepted(address)
    provider_api.mail_to(address)
