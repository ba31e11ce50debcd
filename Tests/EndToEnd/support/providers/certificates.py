"""A certificate authority of the tests, and the certificates of servers that it vouches for."""

from __future__ import annotations

import itertools
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

LOOPBACK = ("IP:127.0.0.1", "DNS:localhost")
# Without a configuration of its own, openssl would add extensions from the machine's.
CONFIGURATION = "[req]\ndistinguished_name = name\n[name]\n"


@dataclass(frozen=True)
class Certificate:
    """A certificate and its key, both PEM, the key readable by its owner alone."""

    file: Path
    key: Path

    def server_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file, self.key)
        return context


class Authority:
    """Its own certificate is `file`, which clients are told to trust."""

    def __init__(self, directory: Path):
        self.directory = directory
        self._numbers = itertools.count(1)
        self._configuration = directory / "openssl.cnf"
        self._configuration.write_text(CONFIGURATION)
        self._own = self._make("ca", "basicConstraints=critical,CA:TRUE", "keyUsage=keyCertSign")
        self.file = self._own.file

    def issue(self, *names: str) -> Certificate:
        """For a server under these names, as openssl writes them; without any, for loopback."""
        return self._make(
            f"server-{next(self._numbers)}",
            f"subjectAltName={','.join(names or LOOPBACK)}",
            "basicConstraints=critical,CA:FALSE",
            "extendedKeyUsage=serverAuth",
            signed=True,
        )

    def client_context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.file))

    def _make(self, name: str, *extensions: str, signed: bool = False) -> Certificate:
        made = Certificate(self.directory / f"{name}.pem", self.directory / f"{name}.key")
        signer = ["-CA", str(self._own.file), "-CAkey", str(self._own.key)] if signed else []
        added = [word for extension in extensions for word in ("-addext", extension)]
        subprocess.run(
            ["openssl", "req", "-x509", "-config", str(self._configuration), *signer,
             "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-subj", f"/CN=Rekey tests {name}", *added,
             "-keyout", str(made.key), "-out", str(made.file)],
            check=True, capture_output=True, timeout=30,
        )  # fmt: skip
        made.key.chmod(0o600)
        return made
