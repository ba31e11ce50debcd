"""How measurements of storage are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from cluster import Cluster
from delivery_outcome import Outcome, median_ratio
from side import Side


@dataclass
class StorageOptions:
    """`before` is a program to stand beside the one under test."""

    binary: str
    before: str | None
    seconds: int
    rounds: int


@contextmanager
def sides(directory: Path, cluster: Cluster, options: StorageOptions) -> Iterator[list[Side]]:
    """The one of before first, if there is one."""
    programs = {"before": options.before, "now": options.binary}
    with ExitStack() as stack:
        made = []
        for name, binary in programs.items():
            if binary is not None:
                made.append(Side(name, binary, directory / name, cluster))
                stack.callback(made[-1].close)
        yield made


class Table:
    """Figures of each side, round by round."""

    def __init__(self, made: list[Side]):
        self.names = [side.name for side in made]
        self.figures: dict[str, dict[str, list[float]]] = {}
        self.units: dict[str, str] = {}

    def add(self, side: Side, name: str, value: float, unit: str) -> None:
        self.units[name] = unit
        self.figures.setdefault(name, {}).setdefault(side.name, []).append(value)

    def last(self) -> str:
        """The newest figures, in one line for who waits."""
        return "; ".join(
            f"{name} " + " and ".join(f"{of[side][-1]:.4g}" for side in self.names if side in of)
            for name, of in self.figures.items()
        )

    def show(self, outcome: Outcome) -> None:
        """Medians."""
        for name, of_sides in self.figures.items():
            for side in self.names:
                if side in of_sides:
                    label = f"{name}, {side}" if len(self.names) > 1 else name
                    outcome.row(label, median(of_sides[side]), self.units[name])

    def ratio(self, name: str, over: str = "now", under: str = "before") -> float | None:
        """Of pairs measured one after the other; none if one was not measured."""
        of_sides = self.figures.get(name, {})
        if over not in of_sides or under not in of_sides:
            return None
        return median_ratio(of_sides[over], of_sides[under])

    def compare(self, name: str, verdict: Callable[[str, float, float], None], target: float,
                over: str = "now", under: str = "before") -> None:  # fmt: skip
        value = self.ratio(name, over, under)
        if value is not None:
            verdict(f"{name}, {over} ÷ {under}", value, target)
