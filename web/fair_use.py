"""How much of the engine one client may take, so that others have some. The only module that tells clients apart.

A client is an address, or of IPv6 the network that one household or server has (`RFC 6177
<https://www.rfc-editor.org/rfc/rfc6177.html>`_). Who asks from the machine itself is not bounded.
"""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from time import monotonic
from typing import Final

from fastapi import Request

from sparql.errors import TooManyQueries
from sparql.limits import Limits
from web.observed import is_local

_MINUTE: Final = 60.0
_MOST_CLIENTS: Final = 10_000
"""So many are remembered; who has not asked for longest is forgotten first."""


@dataclass
class _Client:
    seconds: float
    """What is left to it, at some time; it grows back within a minute."""
    at: float
    running: int = 0


class FairUse:
    """Who has asked how much lately."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._clients: OrderedDict[str, _Client] = OrderedDict()

    @contextmanager
    def turn(self, request: Request) -> Iterator[None]:
        """Let a client have the engine for a query, and count how long. Raises TooManyQueries."""
        if is_local(request):
            yield
            return
        assert request.client is not None
        client = self._client(_name(request.client.host))
        self._check(client)
        client.running += 1
        start = monotonic()
        try:
            yield
        finally:
            client.running -= 1
            client.seconds -= monotonic() - start

    def _client(self, name: str) -> _Client:
        now, most = monotonic(), self._limits.client_seconds
        client = self._clients.setdefault(name, _Client(most, now))
        self._clients.move_to_end(name)
        client.seconds = min(most, client.seconds + most * (now - client.at) / _MINUTE)
        client.at = now
        while len(self._clients) > _MOST_CLIENTS:
            self._clients.popitem(last=False)
        return client

    def _check(self, client: _Client) -> None:
        limits = self._limits
        if limits.client_queries and client.running >= limits.client_queries:
            raise TooManyQueries(
                f"{client.running} queries of yours are being answered, which is all that one client may have; "
                "ask again when one has ended.",
                1,
            )
        if limits.client_seconds and client.seconds <= 0:
            wait = 1 - client.seconds * _MINUTE / limits.client_seconds
            raise TooManyQueries(
                f"Your queries have taken more than {limits.client_seconds:g} seconds a minute; ask again in "
                f"{wait:.0f} seconds, or take the dump at /data/ into a store of your own.",
                wait,
            )


def fair_use(request: Request) -> FairUse:
    """That of the application."""
    found = request.app.state.fair_use
    assert isinstance(found, FairUse)
    return found


def _name(host: str) -> str:
    address = ip_address(host)
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or ip_network((address, 64), strict=False))
    return host
