"""What an operator's commands need: a login with the rights of one and no more."""

from __future__ import annotations

from database import ROLE_PASSWORD
from installation import Installation

# Roles belong to the whole cluster, and tests in parallel make theirs at once.
MAKE_LOGIN = f"""
DO $$ BEGIN
  CREATE ROLE rekey_test_ops LOGIN PASSWORD '{ROLE_PASSWORD}' IN ROLE rekey_ops;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$
"""


def as_operator(rekey: Installation) -> dict[str, str]:
    """The settings with which a command has the rights of `rekey_ops` alone."""
    rekey.database.execute(MAKE_LOGIN)
    return {"REKEY_DATABASE_URL": rekey.database.role_url("rekey_test_ops")}
