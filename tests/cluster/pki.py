"""Certificates of one test cluster, made by openssl: an authority, leaves, and a signing key pair."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
# Not the machine's openssl.cnf, which would mark every leaf as an authority.
EMPTY = ("-config", "/dev/null")
DAYS = "30"


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate (or public key) and its private key: PEM files."""

    cert: Path
    key: Path


class Authority:
    """A certificate authority in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        """Make the authority's own certificate."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.pair = self._pair("ca")
        usage = "keyUsage=critical,keyCertSign,cRLSign,digitalSignature"
        self._certify(
            self.pair,
            "/CN=test-ca",
            ("basicConstraints=critical,CA:TRUE", usage, "subjectKeyIdentifier=hash"),
        )

    def issue(self, name: str, subject: str, *, names: Sequence[str] = ()) -> Pair:
        """A leaf for servers and clients. `names` as openssl spells them ("IP:127.0.0.1")."""
        pair = self._pair(name)
        extensions = [
            "basicConstraints=critical,CA:FALSE",
            "keyUsage=critical,digitalSignature",
            "extendedKeyUsage=serverAuth,clientAuth",
            "subjectKeyIdentifier=hash",
            "authorityKeyIdentifier=keyid",
            f"subjectAltName={','.join(names or (f'DNS:{name}',))}",
        ]
        signer = ("-CA", str(self.pair.cert), "-CAkey", str(self.pair.key))
        self._certify(pair, subject, extensions, signer)
        return pair

    def signing_keys(self, name: str) -> Pair:
        """A bare key pair: the API server signs ServiceAccount tokens with it."""
        pair = self._pair(name)
        openssl("genrsa", "-out", str(pair.key), "2048")
        openssl("rsa", "-in", str(pair.key), "-pubout", "-out", str(pair.cert))
        return pair

    def _pair(self, name: str) -> Pair:
        return Pair(self.folder / f"{name}.crt", self.folder / f"{name}.key")

    def _certify(
        self, pair: Pair, subject: str, extensions: Sequence[str], signer: Sequence[str] = ()
    ) -> None:
        files = ("-keyout", str(pair.key), "-out", str(pair.cert))
        added = [word for text in extensions for word in ("-addext", text)]
        about = ("-subj", subject, "-days", DAYS)
        openssl("req", "-x509", *EMPTY, *CURVE, *files, *about, *signer, *added)


def request(folder: Path, name: str, subject: str) -> Pair:
    """A private key and a signing request, for the cluster's own CertificateSigningRequest API."""
    pair = Pair(folder / f"{name}.csr", folder / f"{name}.key")
    files = ("-keyout", str(pair.key), "-out", str(pair.cert))
    openssl("req", "-new", *EMPTY, *CURVE, *files, "-subj", subject)
    return pair


def openssl(*arguments: str) -> None:
    """Run one openssl command; its output is shown only when it fails."""
    done = subprocess.run(("openssl", *arguments), capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"openssl {arguments[0]}: {done.stderr.strip()}")
