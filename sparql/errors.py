"""What can go wrong while answering a query.

* QueryError
  - InvalidRequest        the request is not one of the SPARQL 1.1 Protocol
  - InvalidQuery          the text is not SPARQL, or is nested too deeply to be read
  - ForbiddenQuery        the query asks for what is not allowed here, such as SERVICE
  - QueryTooLong          the text is longer than the limit
  - UnsupportedMediaType  the query came in a form that is not understood
  - NotAcceptable         the result has no form among those the client accepts
  - QueryFailed           the engine gave up on the query
    + TimeLimit           it took longer than allowed and was stopped
    + MemoryLimit         it needed more memory than allowed and was stopped
    + SizeLimit           its result is larger than allowed
    + Busy                too many queries are waiting already
    + TooManyQueries      the client has had its share
    + EndpointFailed      another endpoint, whose answer is needed, gave none that is whole
* InvalidNamedQuery       a file of ours with a query is not as it has to be
"""

from ontology.errors import VerkostoError


class QueryError(VerkostoError):
    """A query has no answer. Nothing of an answer was sent."""


class InvalidRequest(QueryError):
    """Parameters are missing, repeated, of another type, or contradict each other."""


class InvalidQuery(QueryError):
    """The query can't be parsed."""


class ForbiddenQuery(QueryError):
    """The query is SPARQL, but may not run here."""


class QueryTooLong(QueryError):
    """The query text is longer than the limit."""


class UnsupportedMediaType(QueryError):
    """The body of a POST is of no type that carries queries."""


class NotAcceptable(QueryError):
    """No form of the result is among those asked for."""


class QueryFailed(QueryError):
    """The query was right as far as we know, but was not answered."""


class TimeLimit(QueryFailed):
    """The query was stopped at the time limit."""


class MemoryLimit(QueryFailed):
    """The query was stopped at the memory limit."""


class SizeLimit(QueryFailed):
    """The result passed the size limit and was thrown away."""


class Busy(QueryFailed):
    """No worker became free in time."""

    wait = 5.0
    """Seconds after which it may be worth asking again."""


class EndpointFailed(QueryFailed):
    """A service, or the engine that holds the release, did not answer, or not wholly."""


class TooManyQueries(QueryFailed):
    """A client asks for more than its share."""

    def __init__(self, message: str, wait: float) -> None:
        super().__init__(message)
        self.wait = wait
        """Seconds until it may ask again."""


class InvalidNamedQuery(VerkostoError):
    """The file of a named query has no header, or one that does not fit the query."""
