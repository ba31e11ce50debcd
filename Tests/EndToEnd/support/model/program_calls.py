"""The program's operations as lists of the statements they send, as Sources/Storage has them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from interleavings import Statement, Steps, Wait
from starting_states import CALLER, Link, StartingState

LEASE, LIFETIME, GIVE_UP = 600, 3600, 7200


@dataclass
class Sent:
    """A mail left: the statement that let it go was the one of that moment."""

    link: UUID
    decided: int
    is_late: bool


@dataclass
class World:
    """What operations share beside the database: which mails have left."""

    state: StartingState
    mails: list[Sent] = field(default_factory=list)
    moment: Callable[[], int] = lambda: 0
    is_late: Callable[[UUID], bool] = lambda link: False

    def link(self, link_id: str | UUID) -> Link | None:
        return next((one for one in self.state.links if str(one.id) == str(link_id)), None)

    def send(self, link_id: UUID, decided: int) -> None:
        self.mails.append(Sent(link_id, decided, self.is_late(link_id)))


def consume(world: World, link: Link) -> Steps:
    """Answers `consumed` or why not."""
    yield Statement("lock_accounts", [link.id, None], last=False, opens=True)
    yield Statement("lock_request", [link.id], last=False)
    rows = yield Statement("find_requests", [[link.id], world.state.keep_live])
    if refusal := refusal_of(rows[0]):
        yield Statement("ROLLBACK")
        return refusal
    row = rows[0]
    yield Statement("consume_request", [link.id, None, True], last=False)
    revoked = yield Statement(
        "revoke_accounts",
        [*_keys(row["address_key"], row["account_key"]), "sibling_consumed", link.id], last=False,
    )  # fmt: skip
    yield Statement("COMMIT")
    return "consumed" if revoked else "expired"


def refusal_of(row: dict) -> str | None:
    """PasswordReset/Tokens/StoredRequest.swift, without the times."""
    for state, moment in (("used", "consumed_at"), ("revoked", "revoked_at"),
                          ("replaced", "replaced_at")):  # fmt: skip
        if row[moment] is not None:
            return state
    return "expired" if row["expires_at"] <= row["now"] else None


def complete(world: World, link: Link) -> Steps:
    """Answers whether it was the first report."""
    yield Statement("lock_accounts", [link.id, None], last=False, opens=True)
    yield Statement("lock_request", [link.id], last=False)
    rows = yield Statement("complete_request", [link.id, CALLER, True])
    if not rows[0]["is_new"]:
        yield Statement("ROLLBACK")
        return False
    keys = _keys(rows[0]["address_key"], rows[0]["account_key"])
    yield Statement("revoke_accounts", [*keys, "completed", None], last=False)
    yield Statement("COMMIT")
    return True


def _keys(address: str | None, account: str | None) -> list[bytes | None]:
    return [bytes.fromhex(key[2:]) if key else None for key in (address, account)]


def invalidate(
    world: World, *, address: bytes | None = None, account: bytes | None = None
) -> Steps:
    yield Statement("lock_accounts", [None, address or account], last=False, opens=True)
    yield Statement("count_live", [address, account, world.state.keep_live])
    yield Statement("revoke_accounts", [address, account, "invalidated", None], last=False)
    yield Statement("COMMIT")
    return True


def name(world: World, link_id: UUID, attempt: int, account: bytes) -> Steps:
    """Answers whether the mail may go."""
    yield Statement("lock_message", [link_id, attempt], last=False, opens=True)
    yield Statement("lock_accounts", [link_id, account], last=False)
    named = yield Statement(
        "name_account",
        [link_id, attempt, link_id, account, b"named", b"kid0", world.state.keep_live], last=False,
    )  # fmt: skip
    if named:
        world.send(link_id, world.moment())
    yield Statement("COMMIT")
    return bool(named)


def finish(world: World, link_id: UUID, attempt: int, outcome: str) -> Steps:
    """Answers whether the attempt was still its own."""
    cause = {"dropped": "revoked", "sent": None}.get(outcome, "451")
    while True:
        held = yield Statement(
            "finish_messages", [[link_id], [attempt], [outcome], [0], [cause], [None]]
        )
        if not any(row["is_busy"] for row in held):
            return bool(held)
        yield Wait()


def deliver(world: World, queue: str) -> Steps:
    """A worker's whole way: claims what is due, names whom it has to, mails, ends it as sent."""
    claimed = yield claim(world, queue)
    decided = world.moment()
    for message in claimed:
        link_id, attempt = UUID(message["id"]), message["attempt"]
        link = world.link(link_id)
        is_ready = message["state"] == "ready"
        if is_ready and link is not None and link.named and message["sealed"] != "\\x6e616d6564":
            is_ready = yield from name(world, link_id, attempt, link.named)
        elif is_ready and message["kind"] == "link":
            world.send(link_id, decided)
        yield from finish(world, link_id, attempt, "sent" if is_ready else "dropped")


def claim(world: World, queue: str) -> Statement:
    keep_live = world.state.keep_live
    return Statement(
        "claim_messages", [queue, 10, LEASE, LIFETIME, GIVE_UP, 86400, 86400, keep_live]
    )


def expire(world: World) -> Steps:
    yield Statement("expire_messages", [10, GIVE_UP, True, [], world.state.keep_live])


def record(world: World, link_id: UUID, address: bytes, account: bytes | None) -> Steps:
    rows = yield Statement(
        "record_requests",
        [[link_id], [address], [account], [b"sealed"], [b"kid0"], [CALLER], [address], [None],
         [None], [None], [3], [900], [10], [900], LIFETIME],
    )  # fmt: skip
    return rows[0]["outcome"] == "accepted"
