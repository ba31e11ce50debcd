"""On disk: neither a dump nor the write-ahead log nor any file holds a token or an address."""

import base64

from caller import new_address
from cluster import Cluster
from installation import Installation


def traces(tokens: list[str], addresses: list[str], key: str) -> dict[str, bytes]:
    """Every form in which a secret could lie there."""
    found: dict[str, bytes] = {"caller key": key.encode()}
    for token in tokens:
        raw = base64.urlsafe_b64decode(token)
        found |= {
            f"{token} as text": token.encode(),
            f"{token} as bytes": raw,
            f"{token}'s mac": raw[22:],
            f"{token}'s mac in hexadecimal": raw[22:].hex().encode(),
        }
    for address in addresses:
        name = address.split("@")[0]
        found |= {
            address: name.encode(),
            f"{address} in hexadecimal": name.encode().hex().encode(),
            f"{address} in base64": base64.b64encode(address.encode())[:12],
        }
    return found


def test_no_token_and_no_address_is_in_dump_log_or_files(
    rekey_on_own_cluster: Installation, own_cluster: Cluster
):
    rekey, data = rekey_on_own_cluster, own_cluster.data
    service = rekey.serve()
    addresses = [new_address().replace("person", "wxyzzy-person") for _ in range(20)]
    for number, address in enumerate(addresses):
        account = {"id": address, "email": address} if number % 2 else None
        fields = {"account": account} if account else {}
        service.caller.accepted(address, data={"name": address}, **fields)
    tokens = [rekey.mailbox.mail_to(address).token for address in addresses]
    for token in tokens[::2]:
        service.caller.consume(token, idempotency_key=token[:20])
    service.caller.invalidate(email=addresses[1])
    rekey.mailbox.on("RCPT", f"550 5.1.1 <{addresses[3]}> unknown")
    service.caller.accepted(addresses[3])
    rekey.database.execute("CHECKPOINT")

    dump = own_cluster.run("pg_dump", rekey.database.owner_url)
    assert dump.count(b"rekey.reset_request") > 5
    segments = sorted((data / "pg_wal").glob("0*"))
    wal = b"".join(segment.read_bytes() for segment in segments)
    # Where the log is still being written, pg_waldump ends with a complaint.
    told = own_cluster.run("pg_waldump", str(segments[0]), str(segments[-1]), may_fail=True)
    assert told.count(b"rmgr:") > 100
    files = b"".join(path.read_bytes() for path in data.glob("base/*/[0-9]*") if path.is_file())
    log = (own_cluster.directory / "log").read_bytes()
    for name, trace in traces(tokens, addresses, rekey.key).items():
        for place, text in (("dump", dump), ("wal", wal + told), ("files", files), ("log", log)):
            assert trace not in text, f"{name} is in the {place}"


def test_argv_and_environment_of_the_process_hold_no_key(rekey: Installation):
    service = rekey.serve()
    with open(f"/proc/{service.pid}/cmdline", "rb") as file:
        arguments = file.read()
    with open(f"/proc/{service.pid}/environ", "rb") as file:
        environment = file.read()
    keys = [line.split(" ")[1] for line in (rekey.directory / "keyring").read_text().splitlines()]
    for secret in (*keys, rekey.key):
        assert secret.encode() not in arguments + environment
