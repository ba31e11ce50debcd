"""How measurements of delivery are asked for, and what they come to."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from statistics import median

from request import ratio


@dataclass
class Options:
    seconds: float
    messages: int
    rounds: int


@dataclass
class Outcome:
    """What was measured: lines of a table, and ratios with their targets."""

    rows: list[tuple[str, float, str]] = field(default_factory=list)
    ratios: list[tuple[str, float, float, bool]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def row(self, name: str, value: float, unit: str) -> None:
        self.rows.append((name, value, unit))

    def at_least(self, name: str, value: float, target: float) -> None:
        self.ratios.append((name, value, target, True))

    @property
    def misses(self) -> int:
        return sum(
            value < target if is_at_least else value > target
            for _, value, target, is_at_least in self.ratios
        )

    def at_most(self, name: str, value: float, target: float) -> None:
        self.ratios.append((name, value, target, False))


def show(name: str, outcome: Outcome) -> None:
    print(f"\n{name}")
    for label, value, unit in outcome.rows:
        print(f"  {label:<64} {value:>10.{0 if value >= 100 else 2}f} {unit}")
    for label, value, target, is_at_least in outcome.ratios:
        print(f"  {ratio(label, value, target, is_at_least)}")
    for note in outcome.notes:
        print(f"  {note}")
    sys.stdout.flush()


def median_ratio(these: list[float], those: list[float]) -> float:
    """Of pairs that were measured one after the other, so that noise meets both."""
    return median(one / other for one, other in zip(these, those, strict=True))
