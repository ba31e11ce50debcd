"""POST /reset/invalidate: the password was changed elsewhere, outstanding tokens die."""

import pytest
from caller import new_address
from installation import Installation
from polling import eventually
from service import Service, mailed_token


def test_by_account_it_revokes_that_accounts_live_links_only(service: Service):
    one, other = new_address(), new_address()
    mine = [mailed_token(service, one, n, account={"id": "1", "email": one}) for n in (1, 2)]
    others = mailed_token(service, other, account={"id": "2", "email": other})
    assert service.caller.invalidate(account_id="1").json() == {"revoked": 2}
    for token in mine:
        assert service.caller.consume(token).code == "token_revoked"
    assert service.caller.consume(others).status == 200


def test_by_address_it_reaches_the_accounts_that_the_address_asked_for(service: Service):
    typed, stored = new_address(), new_address()
    account = {"id": "3", "email": stored}
    service.caller.accepted(typed, account=account)
    asked = service.installation.mailbox.mail_to(stored).token
    sibling = mailed_token(service, stored, 2, account=account)
    assert service.caller.invalidate(email=typed).json() == {"revoked": 2}
    for token in (asked, sibling):
        assert service.caller.verify(token).code == "token_revoked"


def test_twice_revokes_nothing_more(service: Service):
    address = new_address()
    mailed_token(service, address)
    assert service.caller.invalidate(email=address).json() == {"revoked": 1}
    assert service.caller.invalidate(email=address).json() == {"revoked": 0}


def test_a_used_link_stays_used(service: Service):
    address = new_address()
    token = mailed_token(service, address)
    service.caller.consume(token)
    assert service.caller.invalidate(email=address).json() == {"revoked": 0}
    assert service.caller.consume(token).code == "token_used"


def test_a_message_not_yet_sent_for_a_revoked_request_is_dropped(rekey: Installation):
    service = rekey.serve("--no-worker")
    address = new_address()
    request_id = service.caller.accepted(address)
    assert service.caller.invalidate(email=address).json() == {"revoked": 1}
    rekey.work()
    eventually(lambda: rekey.database.count("outbox") == 0, "an empty outbox")
    assert rekey.mailbox.mails == []
    assert service.caller.status(request_id).json()["status"] in ("dropped", "revoked")


@pytest.mark.parametrize(
    "body",
    ["{}", '{"account_id":"1","email":"a@example.test"}', '{"account_id":1}', '{"email":[]}',
     '{"account_id":null}', '{"token":"x"}', "[]"],
)  # fmt: skip
def test_a_body_without_exactly_one_subject_is_a_bad_request(shared: Service, body: str):
    answer = shared.caller.post("/reset/invalidate", body)
    assert (answer.status, answer.code) == (400, "bad_request")
