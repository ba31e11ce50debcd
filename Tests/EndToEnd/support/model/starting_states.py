"""Where the model begins: a few requests with their messages and account rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

CALLER = "shop"
# Keys of accounts and of addresses, as 16 bytes each.
A, B, P, Q = (letter * 16 for letter in (b"A", b"B", b"P", b"Q"))
KEY_NAMES = {A: "A", B: "B", P: "P", Q: "Q"}

# Of a link: how its message and its row stand. Expiry and lease in seconds from now.
STATES = {
    "waiting": dict(expires=3600),
    "waiting past its expiry": dict(expires=-60),
    "claimed": dict(expires=3600, attempt=1, lease=600),
    "lost": dict(expires=1800, attempt=1, lease=-5),
    "lost and expired": dict(expires=-60, attempt=1, lease=-5),
    "maybe arrived": dict(expires=1800, attempt=1, failures=1, maybe=True),
    "maybe arrived, expired": dict(expires=-60, attempt=1, failures=1, maybe=True),
    "mailed": dict(expires=1800, sent=True),
}


@dataclass(frozen=True)
class Link:
    """`named` by the directory once it is asked; `account` as the row says it."""

    name: str
    address: bytes
    account: bytes | None
    state: str
    named: bytes | None = None
    minutes_old: int = 10

    @property
    def id(self) -> UUID:
        return UUID(f"00000000-0000-7000-8000-{int(self.name[1:]):012x}")

    @property
    def whose(self) -> bytes | None:
        return self.account or self.named

    @property
    def is_waiting(self) -> bool:
        return self.state.startswith(("waiting", "maybe"))

    @property
    def is_out(self) -> bool:
        """Somebody may hold the token."""
        is_named = self.account is not None or self.named is None
        return is_named and not self.state.startswith("waiting")


@dataclass(frozen=True)
class StartingState:
    name: str
    links: tuple[Link, ...]
    # Account rows: minutes since they were revoked, or None if they never were.
    rows: dict[bytes, int | None] = field(default_factory=dict)
    mailed: dict[bytes, tuple[str, ...]] = field(default_factory=dict)
    keep_live: int = 3
    # What is asked for meanwhile: an address and the account that the caller knows it by.
    asks: tuple[tuple[bytes, bytes | None], ...] = ((P, A),)
    is_short: bool = False

    @property
    def script(self) -> str:
        """SQL that makes it, and nothing else, so."""
        gone = ("outbox", "reset_request", "account", "rate_limit", "idempotency")
        parts = [f"DELETE FROM rekey.{table}" for table in gone]
        parts += [self._request(link) for link in self.links]
        parts += [_message(link) for link in self.links if link.state != "mailed"]
        parts += [self._row(key) for key in {**self.rows, **self.mailed}]
        return ";\n".join(parts)

    def _request(self, link: Link) -> str:
        state = STATES[link.state]
        account = f"'{link.account.decode()}'::bytea" if link.account else "NULL"
        now = "clock_timestamp()"
        return (
            "INSERT INTO rekey.reset_request (id, address_key, account_key, sealed, kid, caller,"
            " created_at, expires_at, sent_at, maybe_arrived_at) VALUES"
            f" ('{link.id}', '{link.address.decode()}', {account}, 'sealed', 'kid0', '{CALLER}',"
            f" {_ago(link.minutes_old)}, {now} + interval '{state['expires']} seconds',"
            f" {_ago(1) if state.get('sent') else 'NULL'},"
            f" {_ago(1) if state.get('maybe') else 'NULL'})"
        )

    def _row(self, key: bytes) -> str:
        revoked = self.rows.get(key)
        moments = [_ago(link.minutes_old) for name in self.mailed.get(key, ())
                   for link in self.links if link.name == name]  # fmt: skip
        mailed = f"ARRAY[{', '.join(moments)}]::timestamptz[]" if moments else "NULL"
        reason = "NULL" if revoked is None else "'invalidated'"
        before = "NULL" if revoked is None else _ago(revoked)
        return (
            "INSERT INTO rekey.account (key, revoked_before, revoke_reason, mailed) VALUES"
            f" ('{key.decode()}', {before}, {reason}, {mailed})"
        )


def _ago(minutes: int) -> str:
    # One moment for all that is told of a link, whatever statement tells it.
    return f"(date_trunc('second', clock_timestamp(), 'UTC') - interval '{minutes} minutes')"


def _message(link: Link) -> str:
    state = STATES[link.state]
    lease = state.get("lease")
    run_at = f"clock_timestamp() + interval '{lease if lease is not None else -1} seconds'"
    return (
        "INSERT INTO rekey.outbox"
        " (id, request_id, kind, run_at, attempt, failures, leased_until, last_error) VALUES"
        f" ('{link.id}', '{link.id}', 'link', {run_at}, {state.get('attempt', 0)},"
        f" {state.get('failures', 0)}, {'NULL' if lease is None else run_at}, NULL)"
    )


def _two(one: str, other: str, **more: object) -> tuple[Link, ...]:
    """Two links of one account, from two addresses."""
    return Link("r1", P, A, one, minutes_old=10), Link("r2", Q, A, other, minutes_old=5)


WHOLE = (
    # First, because it has most interleavings.
    StartingState("two accounts of one address, one of them of another too",
                  (Link("r1", P, A, "mailed"), Link("r2", P, B, "claimed"),
                   Link("r3", Q, B, "mailed")),
                  mailed={A: ("r1",), B: ("r3",)}),
    StartingState("two mailed links of one account", _two("mailed", "mailed"),
                  mailed={A: ("r2", "r1")}, is_short=True),
    StartingState("two links just mailed, no account row", _two("claimed", "claimed"),
                  is_short=True),
    StartingState("one link is mailed, the other's account not named yet",
                  (Link("r1", P, None, "claimed", named=A),
                   Link("r2", Q, A, "mailed", minutes_old=5)),
                  mailed={A: ("r2",)}, asks=((P, None),), is_short=True),
    StartingState("two links of one address, their account not named yet",
                  (Link("r1", P, None, "waiting", named=A),
                   Link("r2", P, None, "claimed", named=A, minutes_old=5)), asks=((P, None),)),
    StartingState("links that name only an address",
                  (Link("r1", P, None, "mailed"), Link("r2", P, None, "claimed", minutes_old=5)),
                  mailed={P: ("r1",)}, asks=((P, None),)),
    StartingState("links that name only an address, no row",
                  (Link("r1", P, None, "claimed"), Link("r2", P, None, "waiting", minutes_old=5)),
                  asks=((P, None),)),
    StartingState("of one address a link that names an account and one that names none",
                  (Link("r1", P, None, "mailed"), Link("r2", P, A, "claimed", minutes_old=5)),
                  mailed={P: ("r1",)}),
    StartingState("a link that may have arrived, and a lost attempt", _two("maybe arrived", "lost"),
                  rows={A: None}, is_short=True),
    StartingState("expired, where it may have arrived and where it waits",
                  _two("maybe arrived, expired", "waiting past its expiry")),
    StartingState("lost attempts of an expired link and of an account row not there",
                  _two("lost and expired", "lost")),
    StartingState("only the newest stays live", _two("mailed", "claimed"), mailed={A: ("r1",)},
                  keep_live=1),
    StartingState("revoked before, with a link since then", _two("mailed", "waiting"),
                  rows={A: 7, P: 7}, mailed={A: ("r1",)}),
)  # fmt: skip
