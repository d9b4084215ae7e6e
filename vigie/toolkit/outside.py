"""The one way out for addresses that somebody else has written: to public machines alone, briefly, a little at a time.

The name is resolved once, every address it has is judged, and the connection goes to the address that was judged, so that a second
answer of the name server changes nothing. No redirect is followed. What Python calls global is not enough: forms that wrap a private
address (mapped, 6to4, NAT64, Teredo, compatible) are unwrapped first, multicast is refused.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import urlsplit

from vigie.kernel.refusal import Refusal

PORTS = {"http": 80, "https": 443}
PATIENCE = 5.0
LARGEST = 5 * 1024 * 1024

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_NAT64_LOCAL = ipaddress.ip_network("64:ff9b:1::/48")
_COMPATIBLE = ipaddress.ip_network("::/96")


@dataclass(frozen=True, slots=True)
class Fetched:
    content_type: str
    data: bytes


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """May a connection go there? Only to a globally routable unicast address, whatever wraps it."""
    if isinstance(address, IPv6Address):
        if inner := _wrapped(address):
            return is_public(inner)
        if address in _NAT64_LOCAL or address.is_site_local:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _wrapped(address: IPv6Address) -> IPv4Address | None:
    if address.ipv4_mapped:
        return address.ipv4_mapped
    if address.sixtofour:
        return address.sixtofour
    if address.teredo:
        return address.teredo[1]
    if address in _NAT64 or (address in _COMPATIBLE and int(address) > 1):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def fetch(url: str, *, largest: int = LARGEST, accept: str = "image/*") -> Fetched:
    """The body of ``url``, at most ``largest`` bytes. Refuses (``outside.*``) what is not public, too long or not there."""
    scheme, host, path = _parts(url)
    address = _resolved(host, PORTS[scheme])
    connection = _Judged(scheme, host, address)
    try:
        connection.request("GET", path, headers={"Host": host, "Accept": accept, "User-Agent": "Vigie"})
        answer = connection.getresponse()
        if answer.status != 200:
            raise Refusal("outside.refused", status=answer.status)
        data = answer.read(largest + 1)
    except (OSError, http.client.HTTPException) as error:
        raise Refusal("outside.unreachable") from error
    finally:
        connection.close()
    if len(data) > largest:
        raise Refusal("outside.too_large")
    return Fetched(answer.headers.get_content_type(), data)


def _parts(url: str) -> tuple[str, str, str]:
    """Scheme, host and path with query. A user, another port, a backslash or a control character is refused."""
    if any(character in url for character in "\\\t\r\n\0 ") or not url.isascii():
        raise Refusal("outside.bad_address")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Refusal("outside.bad_address") from error
    wanted = PORTS.get(parts.scheme)
    if wanted is None or not parts.hostname or "@" in parts.netloc or port not in (None, wanted):
        raise Refusal("outside.bad_address")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return parts.scheme, parts.hostname, path


def _resolved(host: str, port: int) -> str:
    """One address of ``host``, once all of them were found public."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise Refusal("outside.unreachable") from error
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses or not all(is_public(ipaddress.ip_address(a.partition("%")[0])) for a in addresses):
        raise Refusal("outside.not_public")
    return addresses[0]


class _Judged(http.client.HTTPConnection):
    """A connection to the judged address, under the name that its certificate must bear."""

    def __init__(self, scheme: str, host: str, address: str) -> None:
        super().__init__(host, PORTS[scheme], timeout=PATIENCE)
        self._address = address
        self._is_closed_to_eyes = scheme == "https"

    def connect(self) -> None:
        plain = socket.create_connection((self._address, self.port), PATIENCE)
        if self._is_closed_to_eyes:
            self.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=self.host)
        else:
            self.sock = plain
