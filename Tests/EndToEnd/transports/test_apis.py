"""Mail by HTTPS APIs: each takes the same mails, over connections that can be trusted."""

from __future__ import annotations

import outbox_rows
import pytest
import standard_webhooks
from api_transports import APIS, transport, use
from caller import new_address
from certificates import Authority
from installation import Installation
from ports import free_port
from provider_api import ProviderApi
from served import Served
from ses_server import SesServer
from template_folder import add_files, check_files, copy_templates

# A mail arrives


def test_the_mail_arrives_once_and_its_link_works(served: Served):
    request_id, address = served.ask()
    mail = served.api.mail_to(address)
    outbox_rows.ended(served.database, request_id)
    assert served.status_of(request_id) == "sent"
    assert mail.sender == "no-reply@shop.example.test"
    assert mail.message["From"] == "Example Shop <no-reply@shop.example.test>"
    assert served.service.caller.consume(mail.token).status == 200
    assert len(served.requests_for(address)) == 1


def test_what_the_provider_reports_later_can_name_the_request(served: Served):
    request_id, address = served.ask()
    served.api.mail_to(address)
    (request,) = served.requests_for(address)
    assert request.metadata == {"rekey_request": request_id}


def test_nothing_in_the_mail_is_tracked(served: Served):
    _, address = served.ask()
    mail = served.api.mail_to(address)
    (request,) = served.requests_for(address)
    if served.name == "sendgrid":
        settings = request.json["tracking_settings"]
        assert {name: one["enable"] for name, one in settings.items()} == {
            "click_tracking": False, "open_tracking": False, "subscription_tracking": False,
            "ganalytics": False,
        }  # fmt: skip
    if served.name == "mailgun":
        for name in ("o:tracking", "o:tracking-clicks", "o:tracking-opens"):
            assert request.form[name] == ["no"]
    if served.name == "postmark":
        assert request.json["TrackOpens"] is False
        assert request.json["TrackLinks"] == "None"
    # Resend tracks by domain; SES by configuration set, and none is named.
    assert "ConfigurationSetName" not in (request.json or {})
    assert mail.link.startswith("https://reset.example.test/reset/verify?token=")


@pytest.mark.parametrize("name", APIS)
def test_pictures_and_attachments_arrive_bit_by_bit(
    rekey: Installation, provider_api: ProviderApi, name: str
):
    files = add_files(copy_templates(rekey))
    use(rekey, provider_api, name)
    service = rekey.serve()
    address = new_address()
    service.caller.accepted(address)
    mail = provider_api.mail_to(address, deadline=30)
    check_files(mail, files)
    assert service.caller.consume(mail.token).status == 200


def test_ses_takes_the_signed_call_and_has_the_mail(rekey: Installation, ses: SesServer):
    rekey.settings["REKEY_MAIL_TRANSPORTS"] = ses.url()
    rekey.settings["REKEY_MAIL_ALLOW_PRIVATE"] = "true"
    rekey.seen.add(ses.secret)
    service = rekey.serve()
    address = new_address()
    request_id = service.caller.accepted(address)
    mail = ses.mail_to(address)
    outbox_rows.ended(rekey.database, request_id)
    assert service.caller.status(request_id).json()["status"] == "sent"
    sent = [one for one in ses.sends if address in str(one["body"])]
    assert len(sent) == 1
    assert sent[0]["body"]["EmailTags"] == [{"Name": "rekey_request", "Value": request_id}]
    assert service.caller.consume(mail.token).status == 200


def test_ses_with_a_wrong_secret_sends_nothing_and_tries_again(rekey: Installation, ses: SesServer):
    rekey.settings["REKEY_MAIL_TRANSPORTS"] = ses.url().replace(f"{ses.key_id}:", f"{ses.key_id}:x")
    rekey.settings["REKEY_MAIL_ALLOW_PRIVATE"] = "true"
    service = rekey.serve()
    address = new_address()
    row = outbox_rows.retried(rekey.database, service.caller.accepted(address))
    assert row["last_error"].startswith("http_403")
    assert ses.mails_to(address) == []


def test_a_webhook_is_signed_with_the_old_and_the_new_secret_while_both_are_in_use(
    rekey: Installation, provider_api: ProviderApi
):
    old, new = provider_api.webhook_secrets[0], standard_webhooks.new_secret()
    provider_api.webhook_secrets[:] = [new, old]
    use(rekey, provider_api, "webhook")
    service = rekey.serve()
    address = new_address()
    service.caller.accepted(address)
    mail = provider_api.mail_to(address)
    (request,) = provider_api.requests_to("webhook")
    assert request.signed_by == [new, old]
    assert service.caller.consume(mail.token).status == 200


def test_a_key_may_stand_in_a_file(rekey: Installation, provider_api: ProviderApi):
    file = rekey.directory / "key"
    file.touch(0o600)
    file.write_text(provider_api.keys["resend"] + "\n")
    use(rekey, provider_api, "resend", key_file=str(file))
    key = provider_api.keys["resend"] + "@"
    rekey.settings["REKEY_MAIL_TRANSPORTS"] = rekey.settings["REKEY_MAIL_TRANSPORTS"].replace(
        key, ""
    )
    service = rekey.serve()
    address = new_address()
    service.caller.accepted(address)
    provider_api.mail_to(address)


# Where calls may go


def test_a_private_address_is_not_called_unless_it_may_be(
    rekey: Installation, provider_api: ProviderApi
):
    use(rekey, provider_api, "resend")
    del rekey.settings["REKEY_MAIL_ALLOW_PRIVATE"]
    service = rekey.serve()
    address = new_address()
    row = outbox_rows.retried(rekey.database, service.caller.accepted(address))
    assert row["last_error"] == "http_private_target"
    assert provider_api.received == []
    service.stop()
    rekey.serve(REKEY_MAIL_ALLOW_PRIVATE="true")
    rekey.database.make_due()
    provider_api.mail_to(address)


@pytest.mark.parametrize(
    "host", ["localhost", "127.1.2.3", "[::1]", "[::ffff:127.0.0.1]", "10.0.0.1", "169.254.169.254"]
)
def test_an_address_is_private_by_whatever_name(rekey: Installation, host: str):
    url = f"resend://key@{host}:{free_port()}"
    service = rekey.serve(REKEY_MAIL_TRANSPORTS=url)
    row = outbox_rows.retried(rekey.database, service.caller.accepted(new_address()))
    assert row["last_error"] == "http_private_target"


def test_on_this_machine_an_api_may_be_called_without_tls(
    rekey: Installation, plain_api: ProviderApi
):
    use(rekey, plain_api, "sendgrid")
    service = rekey.serve()
    address = new_address()
    service.caller.accepted(address)
    plain_api.mail_to(address)


def test_a_certificate_for_another_name_or_of_another_authority_is_refused(
    rekey: Installation, authority: Authority, tmp_path
):
    api = ProviderApi(authority, "DNS:elsewhere.example.test")
    stranger = ProviderApi(authority)
    (tmp_path / "other").mkdir()
    other = str(Authority(tmp_path / "other").file)
    urls = (
        transport(api, "resend", tmp_path),
        transport(stranger, "resend", tmp_path, ca=other),
    )
    for url in urls:
        rekey.seen |= {*api.keys.values(), *stranger.keys.values()}
        service = rekey.serve(REKEY_MAIL_TRANSPORTS=url, REKEY_MAIL_ALLOW_PRIVATE="true")
        row = outbox_rows.retried(rekey.database, service.caller.accepted(new_address()))
        assert row["last_error"].startswith("http_tls"), row["last_error"]
        service.stop()
    for one in (api, stranger):
        assert one.received == []
        one.close()


def test_proxies_that_the_environment_names_are_passed_by(
    rekey: Installation, provider_api: ProviderApi
):
    use(rekey, provider_api, "mailgun")
    dead = "http://127.0.0.1:9"
    service = rekey.launch(
        "serve", https_proxy=dead, HTTPS_PROXY=dead, http_proxy=dead, all_proxy=dead, ALL_PROXY=dead
    ).wait_until_ready()
    address = new_address()
    service.caller.accepted(address)
    provider_api.mail_to(address)
