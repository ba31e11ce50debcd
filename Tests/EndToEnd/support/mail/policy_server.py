"""A policy service that Postfix asks about each recipient (SMTPD_POLICY_README)."""

from __future__ import annotations

import socketserver
import threading

from ports import free_port

GREYLISTED = "451 4.7.1 greylisted"


class PolicyServer:
    """Accepts everything, until it is told otherwise."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked: list[dict[str, str]] = []
        self._known: set[tuple[str, str, str]] = set()
        self.reset()
        policy = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                while question := _read(self.rfile):
                    self.wfile.write(f"action={policy._answer(question)}\n\n".encode())

        self.port = free_port()
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def greylist(self) -> None:
        """From now on the first attempt of each client, sender and recipient is put off."""
        self._greylists = True

    def refuse(self, recipient: str, answer: str) -> None:
        """Answers every attempt for one recipient, for example with `550 5.7.1 not here`."""
        self._refusals[recipient] = answer

    def reset(self) -> None:
        self._greylists = False
        self._refusals: dict[str, str] = {}

    def asked_about(self, recipient: str) -> list[dict[str, str]]:
        """What Postfix has told of every attempt for a recipient, such as `sasl_username`."""
        with self._lock:
            return [one for one in self._asked if one["recipient"] == recipient]

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, question: dict[str, str]) -> str:
        triplet = (question["client_address"], question["sender"], question["recipient"])
        with self._lock:
            self._asked.append(question)
            refusal = self._refusals.get(question["recipient"])
            is_new = triplet not in self._known
            self._known.add(triplet)
        return refusal or (GREYLISTED if self._greylists and is_new else "DUNNO")


def _read(stream) -> dict[str, str]:
    """One question: lines of `name=value` up to an empty one; nothing at the end."""
    question = {}
    while line := stream.readline().decode().rstrip("\n"):
        name, _, value = line.partition("=")
        question[name] = value
    return question
