"""A main app that tells by HTTP whom an address belongs to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from directory import Directory
from installation import Installation

SECRET = b"a shared secret of enough bytes"


@pytest.fixture
def directory(rekey: Installation) -> Iterator[Directory]:
    made = Directory(SECRET)
    file = rekey.directory / "directory-secret"
    file.touch(0o600)
    file.write_bytes(SECRET)
    rekey.settings |= {
        "REKEY_ACCOUNTS_MODE": "http",
        "REKEY_ACCOUNTS_URL": made.url,
        "REKEY_ACCOUNTS_SECRET_FILE": str(file),
    }
    yield made
    made.close()
