"""The application as a running server: a socket, uvicorn, and one line that says where it answers."""

import logging
import socket

import click
import uvicorn

from graph.release import Release
from ontology.errors import VerkostoError
from sparql.limits import Limits
from sparql.stack import NOWHERE, Elsewhere
from web.app import create_app
from web.connections import Connection


class AddressTaken(VerkostoError):
    """The server can't listen where it was told to."""


class _Server(uvicorn.Server):
    """Says that it is ready, once it is."""

    def __init__(self, config: uvicorn.Config, announcement: str) -> None:
        super().__init__(config)
        self._announcement = announcement

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        click.echo(self._announcement)


def serve(
    release: Release,
    host: str,
    port: int,
    limits: Limits,
    elsewhere: Elsewhere = NOWHERE,
    proxies: str = "127.0.0.1",
) -> None:
    """Serve a release, then each that becomes current, until interrupted. Port 0 takes a free one.

    Of `proxies` (addresses and networks, with commas) the X-Forwarded-For header is believed.

    Raises AddressTaken, DamagedRelease, NoRelease.
    """
    with _listen(host, port) as listening:
        shown = f"[{host}]" if ":" in host else host
        where = f"http://{shown}:{listening.getsockname()[1]}"
        announcement = f"Verkosto serves release {release.id} on {where} (Ctrl+C stops it)"
        logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s")
        logging.getLogger("verkosto").setLevel(logging.INFO)
        config = uvicorn.Config(
            create_app(release, limits, elsewhere, is_warmed=True),
            log_level="warning",
            server_header=False,
            timeout_graceful_shutdown=5,
            forwarded_allow_ips=proxies,
            http=Connection,
        )
        _Server(config, announcement).run(sockets=[listening])


def _listen(host: str, port: int) -> socket.socket:
    try:
        listening = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise AddressTaken(
            f"Nothing can be served on {host} port {port} ({error.strerror}); choose another with --port."
        ) from error
    # Connections inherit it. Without it a body waits until its headers have been acknowledged, 40 ms: the event loop
    # sets it by itself only where a socket says that its protocol is TCP, which one from `create_server` does not.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening
