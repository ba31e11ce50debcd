"""Prints the ten slowest tests of all runners that have left their reports in a directory.

`NAME.xml` is pytest's JUnit report, `NAME.events` the event stream of swift test. Swift tests run
in parallel, and only the cases of those that have arguments are timed from when they really begin;
of these, the longest counts. What is said of all others includes how long they stood in line, so
they are left out.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree


def of_pytest(report: Path) -> Iterator[tuple[str, float]]:
    for case in ElementTree.parse(report).iter("testcase"):
        folder = case.get("classname", "").replace(".", "/")
        yield f"Tests/{folder}.py::{case.get('name')}", float(case.get("time", 0))


def of_swift(events: Path) -> Iterator[tuple[str, float]]:
    """A case has no name of its own here, so those of one test are told apart by what they are."""
    names: dict[str, str] = {}
    begun: dict[tuple[str, str], float] = {}
    # Not splitlines, to which more ends a line than to JSON.
    for line in events.read_text().rstrip("\n").split("\n"):
        record = json.loads(line)
        payload = record["payload"]
        if record["kind"] == "test":
            module = payload["id"].partition(".")[0]
            names[payload["id"]] = f'{module} "{payload.get("displayName", payload["name"])}"'
            continue
        key = payload.get("testID", ""), json.dumps(payload.get("_testCase"))
        moment = payload["instant"]["absolute"]
        if payload["kind"] == "testCaseStarted":
            begun[key] = moment
        elif payload["kind"] == "testCaseEnded" and key in begun:
            yield names[key[0]], moment - begun.pop(key)


def main(directory: Path) -> None:
    seconds: dict[str, float] = {}
    for report in directory.glob("*.xml"):
        seconds.update(dict(of_pytest(report)))
    for events in directory.glob("*.events"):
        for name, taken in of_swift(events):
            seconds[name] = max(taken, seconds.get(name, 0))
    if seconds:
        print("\nThe slowest tests, of Swift only those with arguments:")
    for name, taken in sorted(seconds.items(), key=lambda one: -one[1])[:10]:
        print(f"{taken:8.2f} s  {name}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
