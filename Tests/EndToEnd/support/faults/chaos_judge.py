"""Judges a run with chaos: no link is used twice, none is alive or mailed after its account was
revoked or another of its links used."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import combinations

from chaos_history import NEVER, Asked, ChaosHistory, Killed, Person, Used


class ChaosJudge:
    """`patience`: seconds that a mail may take from its last judgement to the server."""

    def __init__(self, history: ChaosHistory, patience: float):
        self.history = history
        self.patience = patience
        self.judged = 0
        self.told: Counter[str] = Counter()

    def judge(self) -> None:
        links: dict[Person, list[Asked]] = defaultdict(list)
        for asked in self.history.by_id.values():
            links[asked.person].append(asked)
        for person, own in links.items():
            self._judge_person(person, own)

    def _judge_person(self, person: Person, links: list[Asked]) -> None:
        kills = self.history.kills[person]
        uses = [(link, use) for link in links for use in self.history.uses[link.request_id or ""]]
        self.judged += sum(use.status != 0 for _, use in uses)
        wins = [(link, use) for link, use in uses if use.status == 200]
        self.told.update(use.code or str(use.status) for _, use in uses)
        self._check_wins(wins)
        for link in links:
            reads = self.history.reads[link.request_id or ""]
            lives = [use for use in reads if use.status == 200]
            own_wins = [use for other, use in wins if other is link]
            self._check_purged(link, [use for other, use in uses if other is link] + reads)
            for kill in kills:
                if self._reaches(kill, link, links):
                    self._check_after(link, own_wins + lives, kill.end, kill.kind)
                    self._check_mails(link, kill.end, kill.kind)
            for other, win in wins:
                # Of its address or its account, so it dies with the other one.
                if link.end < win.start:
                    self._check_after(link, lives, win.end, "a consume")
                    if other is not link:
                        self._check_mails(link, win.end, "a consume")

    def _check_wins(self, wins: list[tuple[Asked, Used]]) -> None:
        for (one, first), (other, second) in combinations(wins, 2):
            if one is other:
                self.history.violate(f"I1 {one.request_id} was used twice")
            elif max(one.end, other.end) < min(first.start, second.start):
                self.history.violate(
                    f"I1 {one.request_id} and its sibling {other.request_id} were used"
                )
            else:
                late, use, early = (
                    (other, second, first) if first.end < second.start else (one, first, second)
                )
                if early.end < use.start and late.end < early.start:
                    self.history.violate(f"I1 {late.request_id} was used after its sibling")

    def _reaches(self, kill: Killed, link: Asked, links: list[Asked]) -> bool:
        """Whether the link had been asked for by then. An address takes with it the accounts that
        it is known to have asked for."""
        if kill.end == NEVER or link.end >= kill.start:
            return False
        if kill.address is None or link.address == kill.address:
            return True
        return any(
            other.address == kill.address and self._named_at(other) < kill.start for other in links
        )

    def _named_at(self, link: Asked) -> float:
        """When its account stood in its row for certain."""
        if link.person.caller == "shop":
            return link.end
        return min(link.mailed_at, default=NEVER)

    def _check_after(self, link: Asked, lives: list[Used], dead_since: float, why: str) -> None:
        for use in lives:
            if use.start > dead_since:
                late = use.start - dead_since
                self.history.violate(f"I1 {link.request_id} was alive {late:.3f} s after {why}")

    def _check_mails(self, link: Asked, dead_since: float, why: str) -> None:
        for at in link.mailed_at:
            if at > dead_since + self.patience:
                late = at - dead_since
                self.history.violate(f"I1 {link.request_id} was mailed {late:.1f} s after {why}")

    def _check_purged(self, link: Asked, uses: list[Used]) -> None:
        """Only what had been used was made so old that a purge takes it."""
        own = self.history.uses[link.request_id or ""]
        if any(use.status == 404 for use in uses) and not any(
            use.status in (200, 0, 503) for use in own
        ):
            self.history.violate(f"I12 {link.request_id} is gone, and nobody has used it")
