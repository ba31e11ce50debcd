"""The keyring: rotation with overlap, and what a retired or removed key is still good for."""

import base64
import hashlib
import os
import secrets

from caller import new_address
from installation import Installation
from polling import eventually
from service import Service, mailed_token


def rotate(rekey: Installation, old_state: str | None) -> str:
    """A new signing key; the old one keeps on in another state, or goes. The new key's id."""
    file = rekey.directory / "keyring"
    lines = []
    for line in file.read_text().splitlines():
        if line.endswith(" signing"):
            if old_state:
                lines.append(line.replace(" signing", f" {old_state}"))
        else:
            lines.append(line)
    key = secrets.token_bytes(32)
    kid = hashlib.sha256(key).digest()[:4].hex()
    lines.append(f"{kid} {base64.b64encode(key).decode()} 2026-01-01T00:00:00Z signing")
    temporary = file.with_suffix(".new")
    temporary.touch(0o600)
    temporary.write_text("\n".join(lines) + "\n")
    os.replace(temporary, file)
    return kid


def kid_of(token: str) -> str:
    return base64.urlsafe_b64decode(token)[2:6].hex()


def signs_with(service: Service, kid: str) -> bool:
    return kid_of(mailed_token(service)) == kid


def test_in_overlap_old_and_new_links_both_work(rekey: Installation):
    service = rekey.serve()
    old = mailed_token(service)
    kid = rotate(rekey, "verifying")
    service.hang_up()
    eventually(lambda: signs_with(service, kid), "links under the new key")
    new = mailed_token(service)
    assert kid_of(new) == kid != kid_of(old)
    assert service.open_link(old).status == 303
    assert service.caller.consume(old).status == 200
    assert service.caller.consume(new).status == 200


def test_a_retired_key_verifies_nothing_but_its_unsent_rows_are_still_mailed(rekey: Installation):
    service = rekey.serve("--no-worker")
    waiting = new_address()
    service.caller.accepted(waiting)
    rotate(rekey, "retired")
    rekey.work()
    token = rekey.mailbox.mail_to(waiting).token
    service.hang_up()
    eventually(lambda: service.caller.verify(token).status == 200, "the reloaded keyring")
    assert service.caller.consume(token).status == 200


def test_links_of_a_removed_key_are_unknown_at_once(rekey: Installation):
    service = rekey.serve()
    token = mailed_token(service)
    rotate(rekey, "retired")
    service.hang_up()
    eventually(lambda: service.caller.verify(token).status == 404, "the refusal")
    assert service.caller.consume(token).code == "token_invalid"
    assert service.open_link(token).status == 404


def test_a_broken_keyring_keeps_the_old_one_in_force(rekey: Installation):
    service = rekey.serve()
    token = mailed_token(service)
    keyring = rekey.directory / "keyring"
    good = keyring.read_text()
    keyring.write_text("nonsense\n")
    service.hang_up()
    eventually(
        lambda: [line for line in service.log_lines() if line.get("level") in ("warning", "error")],
        "a complaint in the log",
    )
    assert service.caller.consume(token).status == 200
    keyring.write_text(good)
