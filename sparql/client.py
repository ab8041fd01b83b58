"""Asks other SPARQL endpoints over HTTP, within bounds. The only module that opens connections for a query."""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final
from urllib.parse import urlsplit

import httpx2

from sparql.answer import Answer, Spool
from sparql.errors import EndpointFailed, ForbiddenQuery, SizeLimit

JSON: Final = "application/sparql-results+json"
_LONGEST_COMPLAINT: Final = 300


@dataclass(frozen=True)
class Fetched:
    """An answer that came whole, in SPARQL JSON, and the headers that came with it."""

    answer: Answer
    headers: httpx2.Headers


async def ask(
    address: str,
    query: str,
    most_bytes: int,
    graphs: Sequence[tuple[str, str]] = (),
    pinned: str | None = None,
) -> Fetched:
    """Ask SELECT or ASK of an endpoint by POST (`SPARQL 1.1 Protocol, 2.1.2
    <https://www.w3.org/TR/sparql11-protocol/#query-via-post-urlencoded>`_).

    graphs: parameters such as ``default-graph-uri`` with their values. pinned: the IP address to connect to, where the
    name in the address has been looked up already. Raises EndpointFailed, also of an answer in another form, and
    SizeLimit if it is larger than `most_bytes`. How long it may take is up to who cancels it.
    """
    url = httpx2.URL(address)
    headers = {"Accept": JSON, "Accept-Encoding": "identity", "User-Agent": "Verkosto", "Host": url.netloc.decode()}
    extensions = {"sni_hostname": url.host} if pinned else {}
    data = {"query": query, **{name: [v for n, v in graphs if n == name] for name, _ in graphs}}
    # What the environment says of proxies is for programs that a person starts; and an answer that leads elsewhere is
    # none that somebody has allowed.
    client = httpx2.AsyncClient(trust_env=False, follow_redirects=False, timeout=None, verify=_trusted())
    try:
        async with (
            client,
            client.stream(
                "POST", url.copy_with(host=pinned) if pinned else url, data=data, headers=headers, extensions=extensions
            ) as response,
        ):
            return await _whole(response, address, most_bytes)
    except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError) as error:
        raise EndpointFailed(f"{_shown(address)} gave no whole answer ({error or type(error).__name__}).") from error


async def _whole(response: httpx2.Response, address: str, most_bytes: int) -> Fetched:
    spool = Spool()
    try:
        size = 0
        async for piece in response.aiter_bytes():
            size += len(piece)
            if size > most_bytes:
                raise SizeLimit(f"The answer of {_shown(address)} is larger than {most_bytes} bytes; ask it for less.")
            spool.write(piece)
        if response.status_code != 200:
            body = spool.body()
            said = body[:_LONGEST_COMPLAINT].decode(errors="replace") if isinstance(body, bytes) else ""
            raise EndpointFailed(f"{_shown(address)} answered with status {response.status_code}: {said.strip()}")
        media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type not in (JSON, "application/json"):
            raise EndpointFailed(f"{_shown(address)} answered as {media_type or 'nothing'}, and not as {JSON}.")
    except BaseException:
        spool.close()
        raise
    return Fetched(Answer(JSON, spool.body()), response.headers)


def _shown(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}"


@cache
def _trusted() -> ssl.SSLContext:
    return ssl.create_default_context()


def origin(address: str) -> str:
    """Scheme, host and port of an address (`RFC 6454, 4 <https://www.rfc-editor.org/rfc/rfc6454.html#section-4>`_).

    Raises ForbiddenQuery if it has none that can be asked.

    >>> origin("HTTPS://Query.Example.org/sparql?x"), origin("http://[::1]:8080/")
    ('https://query.example.org:443', 'http://[::1]:8080')
    """
    try:
        parts = urlsplit(address)
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    except (ValueError, KeyError) as error:
        raise ForbiddenQuery(
            f"{address} is no address of an endpoint, which begins with https:// or http://."
        ) from error
    if not parts.hostname or parts.username is not None:
        raise ForbiddenQuery(f"{address} is no address of an endpoint: give a host, and no user.")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}:{port}"


async def public_address(address: str) -> str:
    """The IP address that a name has, to connect to that one and no other.

    Raises ForbiddenQuery if it is one of a private network, unless the address names it, or this machine, outright: a
    name that somebody else may change is no permission to ask within the network. Raises EndpointFailed if it has
    none.
    """
    parts = urlsplit(address)
    host, port = parts.hostname or "", parts.port or 0
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise EndpointFailed(f"There is no host {host} ({error}).") from error
    addresses = [str(one[4][0]) for one in found]
    if host != "localhost" and not _is_literal(host):
        for one in addresses:
            if not ipaddress.ip_address(one.partition("%")[0]).is_global:
                raise ForbiddenQuery(f"{host} leads to {one}, an address of a private network, which is not asked.")
    return addresses[0]


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
