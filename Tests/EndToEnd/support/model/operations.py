"""Which operations can begin in a starting state, what each of them kills, and which can meet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import combinations, combinations_with_replacement
from uuid import UUID

from interleavings import Steps
from program_calls import (
    World,
    complete,
    consume,
    deliver,
    expire,
    finish,
    invalidate,
    name,
    record,
)
from starting_states import KEY_NAMES, Link, StartingState

NEW_IDS = [UUID(f"00000000-0000-7000-8000-0000000000{number}") for number in ("f1", "f2")]


@dataclass(frozen=True)
class Scope:
    """Whose links a revocation kills: all of some addresses, all of some accounts, and those of
    some addresses that name no account."""

    addresses: frozenset[bytes] = frozenset()
    accounts: frozenset[bytes] = frozenset()
    bare: frozenset[bytes] = frozenset()

    def covers(self, address: bytes, whose: bytes | None) -> bool:
        if address in self.addresses:
            return True
        return address in self.bare if whose is None else whose in self.accounts


@dataclass(frozen=True)
class Operation:
    """`kills` what was asked for before, once it has answered true or `consumed`."""

    name: str
    start: Callable[[World], Steps]
    kills: Scope | None = None
    uses: Link | None = None
    asks: tuple[UUID, bytes, bytes | None] | None = None
    knows_not_arrived: Link | None = None


def operations(state: StartingState) -> list[Operation]:
    """All that can begin in a state."""
    found = [one for link in state.links for one in _of_link(state, link)]
    for key in sorted({link.whose for link in state.links if link.whose}):
        start = partial(invalidate, account=key)
        scope = Scope(accounts=frozenset({key}))
        found.append(Operation(f"invalidate account {KEY_NAMES[key]}", start, scope))
    for key in sorted({link.address for link in state.links}):
        start = partial(invalidate, address=key)
        found.append(
            Operation(f"invalidate address {KEY_NAMES[key]}", start, reach(state, key, None))
        )
    for queue, kind in (("mail", ("waiting", "maybe")), ("suspects", ("lost",))):
        if any(link.state.startswith(kind) for link in state.links):
            found.append(Operation(f"deliver {queue}", partial(deliver, queue=queue)))
    found.append(Operation("expire", expire))
    for link_id, (address, account) in zip(NEW_IDS, state.asks, strict=False):
        start = partial(record, link_id=link_id, address=address, account=account)
        asks = (link_id, address, account)
        found.append(Operation(f"ask from {KEY_NAMES[address]}", start, asks=asks))
    return found


def _of_link(state: StartingState, link: Link) -> list[Operation]:
    found = []
    if link.is_out:
        scope = reach(state, link.address, link.account)
        start = partial(consume, link=link)
        found.append(Operation(f"consume {link.name}", start, scope, uses=link))
        start = partial(complete, link=link)
        found.append(Operation(f"complete {link.name}", start, scope, uses=link))
    if link.state == "claimed" and link.account is None and link.named is not None:
        start = partial(name, link_id=link.id, attempt=1, account=link.named)
        found.append(Operation(f"name {link.name}", start))
    elif link.state.startswith(("claimed", "lost")):
        for outcome in ("sent", "uncertain", "retry"):
            start = partial(finish, link_id=link.id, attempt=1, outcome=outcome)
            unsent = link if outcome == "retry" else None
            found.append(
                Operation(f"finish {link.name} as {outcome}", start, knows_not_arrived=unsent)
            )
    return found


def reach(state: StartingState, address: bytes, account: bytes | None) -> Scope:
    """Where a revocation names only an address, it goes on to the accounts it has asked for."""
    if account is not None:
        return Scope(accounts=frozenset({account}), bare=frozenset({address}))
    asked = {one.account for one in state.links if one.address == address and one.account}
    return Scope(addresses=frozenset({address}), accounts=frozenset(asked))


def pairs(state: StartingState) -> list[tuple[Operation, Operation]]:
    """All pairs of operations, also of one with itself, that can be under way at once."""
    found = combinations_with_replacement(operations(state), 2)
    return [pair for pair in found if may_meet(*pair)]


def triples(state: StartingState) -> list[tuple[Operation, ...]]:
    """Three different operations each of which decides over links."""
    deciding = ("consume", "invalidate", "name")
    found = [
        one for one in operations(state)
        if one.name.startswith(deciding) or one.name.endswith("as sent")
    ]  # fmt: skip
    return [
        three for three in combinations(found, 3)
        if all(may_meet(*pair) for pair in combinations(three, 2))
    ]  # fmt: skip


def may_meet(one: Operation, other: Operation) -> bool:
    if one is other and one.asks is not None:
        return False
    # A link that is known not to have arrived is in nobody's hands.
    unsent = one.knows_not_arrived or other.knows_not_arrived
    return unsent is None or unsent not in (one.uses, other.uses)
