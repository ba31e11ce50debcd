"""The token's format, read independently, and that no MAC made for another purpose passes."""

import uuid

import pytest
from installation import Installation
from minting import mint
from service import Service, mailed_token


def test_a_mailed_token_is_the_documented_function_of_id_and_key(service: Service):
    token = mailed_token(service)
    request_id = uuid.UUID(service.caller.verify(token).json()["request_id"])
    assert request_id.version == 7
    assert mint(service.installation.directory / "keyring", request_id) == token


@pytest.mark.parametrize(("version", "purpose"), [(1, 0), (1, 2), (0, 1), (2, 1)])
def test_a_good_mac_for_another_version_or_purpose_is_refused(
    rekey: Installation, version: int, purpose: int
):
    service = rekey.serve()
    token = mailed_token(service)
    request_id = uuid.UUID(service.caller.verify(token).json()["request_id"])
    other = mint(rekey.directory / "keyring", request_id, purpose, version)
    assert service.caller.consume(other).code == "token_invalid"
    assert service.open_link(other).status == 404


@pytest.mark.parametrize("value", [0, 2**128 - 1, 2**127, 0xFFFFFFFFFFFF << 80])
def test_a_good_mac_over_an_extreme_id_does_no_harm(shared: Service, value: int):
    """The time part of an id is a number from outside; arithmetic on it must not trap."""
    pid = shared.pid
    token = mint(shared.installation.directory / "keyring", uuid.UUID(int=value))
    assert shared.caller.verify(token).status in (404, 410)
    assert shared.caller.consume(token).status in (404, 410)
    assert shared.open_link(token).status in (404, 410)
    assert shared.pid == pid
