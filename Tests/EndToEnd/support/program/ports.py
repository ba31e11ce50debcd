"""Free TCP ports on 127.0.0.1, below the range that outgoing connections are given."""

from __future__ import annotations

import itertools
import os
import socket

_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_start = 10_000 + (_worker % 8) * 2_500 + os.getpid() % 1_000
_candidates = itertools.cycle(range(_start, _start + 1_500))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_port() -> int:
    return next(port for port in _candidates if _is_free(port))
