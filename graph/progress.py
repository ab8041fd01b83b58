"""How long steps say how far they are. Whoever starts one decides whether anybody sees it."""

from typing import Protocol


class Progress(Protocol):
    """Told of a step as it goes on."""

    def __call__(self, step: str, done: int, total: int) -> None:
        """The step is at `done` of `total`, both in a unit of its own; at `total` it is over."""


def unseen(step: str, done: int, total: int) -> None:
    """Progress that nobody watches."""
