"""Addresses to listen on, and which of them need credentials."""

import re
from dataclasses import dataclass
from ipaddress import ip_address

_BIND = re.compile(r"(?:\[(?P<v6>[0-9a-fA-F:.]+)\]|(?P<host>[^\s:\[\]/@]+)):(?P<port>\d{1,5})")


@dataclass(frozen=True, slots=True)
class Bind:
    """A host (without brackets) and a port; port 0 lets the system choose."""

    host: str
    port: int

    @property
    def loopback(self) -> bool:
        """Whether only this machine can connect. A host name other than localhost may be any."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host.lower() == "localhost"

    def meets(self, other: "Bind") -> bool:
        """Whether one of the two keeps the other from listening: one port, and one address or all."""
        if not self.port or self.port != other.port:
            return False
        try:
            one, two = ip_address(self.host), ip_address(other.host)
        except ValueError:  # a host name may be any address
            return True
        return one == two or one.is_unspecified or two.is_unspecified

    def __str__(self) -> str:
        """As it is written in the configuration."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_bind(text: object) -> Bind:
    """Read "127.0.0.1:8642", "[::1]:8642" or "localhost:8642".

    Raises:
        ValueError: it is something else.
    """
    if isinstance(text, Bind):
        return text
    match = _BIND.fullmatch(text) if isinstance(text, str) else None
    if match is None or int(match["port"]) > 65535:
        raise ValueError('expected an address and a port, such as "127.0.0.1:8642"')
    return Bind(match["v6"] or match["host"], int(match["port"]))
