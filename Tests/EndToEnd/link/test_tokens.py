"""Exactly one string per token is accepted, and refusing any other costs no database call."""

import base64
import random
import string

import pytest
from caller import new_address
from installation import Installation
from service import Service

ALPHABET = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"


def quiet_service_and_token(rekey: Installation) -> tuple[Service, str]:
    """A process without a worker, so that every statement it sends is the test's doing."""
    service = rekey.serve("--no-worker")
    worker = rekey.work()
    address = new_address()
    service.caller.accepted(address)
    token = rekey.mailbox.mail_to(address).token
    worker.stop()
    return service, token


def refuses_everywhere(service: Service, token: str) -> None:
    for answer in (service.caller.verify(token), service.caller.consume(token)):
        assert (answer.status, answer.code) == (404, "token_invalid"), token


def row_of(rekey: Installation) -> dict:
    (row,) = rekey.database.rows("SELECT * FROM rekey.reset_request")
    return row


def test_every_altered_character_is_refused_without_a_database_call(rekey: Installation):
    service, token = quiet_service_and_token(rekey)
    row, calls = row_of(rekey), rekey.database.calls()
    for place, right in enumerate(token):
        for wrong in random.sample([letter for letter in ALPHABET if letter != right], 3):
            altered = token[:place] + wrong + token[place + 1 :]
            refuses_everywhere(service, altered)
            assert service.open_link(altered).status == 404
    assert rekey.database.calls() == calls
    assert row_of(rekey) == row
    assert service.caller.consume(token).status == 200


def test_of_all_last_characters_only_the_right_one_is_accepted(rekey: Installation):
    service, token = quiet_service_and_token(rekey)
    accepted = [last for last in ALPHABET if service.caller.verify(token[:-1] + last).status == 200]
    assert accepted == [token[-1]]


def other_spellings(token: str) -> list[str]:
    return [
        *(token + tail for tail in ("=", "==", "===", "\n", " ", ".", "A", "AAAA", "%3D")),
        *(head + token for head in (" ", "\n", "=", "A")),
        token[:-1],
        token[:-4],
        token.swapcase(),
        token[:36] + "\n" + token[36:],
        token[:36] + "=" + token[36:],
        token.replace("-", "+").replace("_", "/") + ("" if set(token) & set("-_") else "="),
        token + token,
    ]


def test_no_other_spelling_of_a_token_is_accepted(rekey: Installation):
    service, token = quiet_service_and_token(rekey)
    calls = rekey.database.calls()
    for spelling in other_spellings(token):
        refuses_everywhere(service, spelling)
    assert rekey.database.calls() == calls
    assert service.caller.consume(token).status == 200


def forged(token: str) -> dict[str, str]:
    """Tokens whose parts were swapped, with the MAC as it was, empty, short or long."""
    raw = base64.urlsafe_b64decode(token)
    version, purpose, rest = raw[:1], raw[1:2], raw[2:]
    parts = {
        "version 0": b"\0" + purpose + rest,
        "version 2": b"\2" + purpose + rest,
        "version 255": b"\xff" + purpose + rest,
        "purpose 0": version + b"\0" + rest,
        "purpose 2": version + b"\2" + rest,
        "unknown key": raw[:2] + bytes(4) + raw[6:],
        "other id": raw[:6] + bytes(16) + raw[22:],
        "highest id": raw[:6] + b"\xff" * 16 + raw[22:],
        "empty mac": raw[:22] + bytes(32),
        "no mac": raw[:22],
        "mac of 1 byte": raw[:23],
        "mac of 16 bytes": raw[:38],
        "mac of 31 bytes": raw[:53],
        "mac of 33 bytes": raw + b"\0",
        "none": b"none" + raw[4:],
    }
    return {name: base64.urlsafe_b64encode(value).decode() for name, value in parts.items()}


def test_forged_parts_are_refused_without_a_database_call(rekey: Installation):
    service, token = quiet_service_and_token(rekey)
    calls = rekey.database.calls()
    for text in forged(token).values():
        refuses_everywhere(service, text)
        refuses_everywhere(service, text.rstrip("="))
    assert rekey.database.calls() == calls
    assert service.caller.consume(token).status == 200


def test_random_tokens_cost_no_database_call(rekey: Installation):
    service = rekey.serve("--no-worker")
    calls = rekey.database.calls()
    for _ in range(1_000):
        random_token = "".join(random.choices(ALPHABET, k=72))
        assert service.open_link(random_token).status == 404
    assert rekey.database.calls() == calls


def test_a_token_of_another_installation_is_refused(rekey: Installation):
    """The same database under another key: the row is there, the MAC is not ours."""
    service, token = quiet_service_and_token(rekey)
    other = rekey.directory / "other-keyring"
    rekey.succeed("keys", "init", REKEY_KEYRING_FILE=str(other))
    stranger = rekey.serve("--no-worker", REKEY_KEYRING_FILE=str(other))
    refuses_everywhere(stranger, token)
    assert service.caller.consume(token).status == 200


@pytest.mark.parametrize(
    "value", ["123", "[]", '["x"]', '{"$gt":""}', "null", "true", "1e9", "-1", '["a","b"]']
)
def test_a_token_of_another_type_is_a_bad_request(shared: Service, value: str):
    for path in ("/reset/verify", "/reset/consume"):
        answer = shared.caller.post(path, f'{{"token":{value}}}')
        assert (answer.status, answer.code) == (400, "bad_request")


def test_a_token_is_only_read_from_the_body(rekey: Installation):
    service, token = quiet_service_and_token(rekey)
    offers = [
        service.caller.post(f"/reset/consume?token={token}", {}),
        service.caller.post("/reset/consume", {}, Cookie=f"token={token}"),
        service.caller.post("/reset/consume", {}, X_Token=token),
        service.caller.post(f"/reset/consume/{token}", {}),
    ]
    assert {answer.status for answer in offers} <= {400, 404}
    assert service.caller.consume(token).status == 200


def test_tokens_differ_in_all_but_version_and_key(rekey: Installation):
    service = rekey.serve()
    tokens = []
    for _ in range(20):
        address = new_address()
        service.caller.accepted(address)
        tokens.append(rekey.mailbox.mail_to(address).token)
    raw = [base64.urlsafe_b64decode(token) for token in tokens]
    assert len(set(tokens)) == 20
    assert len({one[:6] for one in raw}) == 1
    assert len({one[22:26] for one in raw}) == 20
