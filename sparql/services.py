"""SERVICE in the text of a query: what it asks of whom, and the answers in its place.

`SPARQL 1.1 Federated Query <https://www.w3.org/TR/sparql11-federated-query/>`_. The engine is never told of a
service: it would open a connection to any address. What it is given has the solutions of the service as VALUES, which
joins with them as the standard says (section 4).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pyoxigraph import BlankNode, QueryResultsFormat, QuerySolutions, parse_query_results

from sparql import policy
from sparql.dataset import prologue, resolved
from sparql.errors import EndpointFailed, ForbiddenQuery
from sparql.tokens import Kind, Token, closing, significant


@dataclass(frozen=True)
class Clause:
    """A SERVICE clause: from which character to which it stands, and what is asked of whom."""

    start: int
    end: int
    address: str
    query: str
    is_silent: bool


@dataclass(frozen=True)
class _Found:
    start: int
    end: int
    name: str
    pattern: str
    is_silent: bool


def clauses(query: str) -> list[Clause]:
    """The SERVICE clauses of a query, in their order.

    Raises ForbiddenQuery where SERVICE stands in another SERVICE, has a variable for an address, or may be read as
    SERVICE and is not clearly one.
    """
    found = _found(significant(query), query)
    rest = query
    for one in reversed(found):
        rest = f"{rest[: one.start]} {{}} {rest[one.end :]}"
        policy.check_services(one.pattern)
    if policy.has_service(rest):
        raise ForbiddenQuery(
            "A SERVICE here can't be asked beforehand: write its address as an IRI, and no variable, before a group in "
            "braces that are closed. If this is not meant as SERVICE, write the name before the bracket in another way."
        )
    start = prologue(query)
    addresses = resolved(start, [one.name for one in found])
    if len(addresses) < len(found):
        raise ForbiddenQuery("The address of a SERVICE can't be read; write it as a full IRI in angle brackets.")
    return [
        Clause(one.start, one.end, address, f"{start} SELECT * WHERE {one.pattern}", one.is_silent)
        for one, address in zip(found, addresses, strict=True)
    ]


def _found(listed: Sequence[Token], query: str) -> list[_Found]:
    found: list[_Found] = []
    for place, token in enumerate(listed):
        if token.kind != Kind.WORD or token.text.upper() != "SERVICE" or (found and token.start < found[-1].end):
            continue
        after = [one.text for one in listed[place + 1 : place + 2]]
        is_silent = bool(after) and after[0].upper() == "SILENT"
        behind = listed[place + 1 + is_silent :]
        if len(behind) < 2 or behind[0].kind not in (Kind.IRI, Kind.NAME) or behind[1].text != "{":
            continue
        end = closing(behind[1:])
        if end is not None:
            pattern = query[behind[1].start : end]
            found.append(_Found(token.start, end, behind[0].text, pattern, is_silent))
    return found


def joined(query: str, answers: Sequence[bytes | None]) -> str:
    """A query with the answers of its services (SPARQL JSON) in the place of the clauses, in their order.

    None stands for one that failed and may, as it is SILENT: it has one solution that binds nothing.
    """
    for clause, answer in zip(reversed(clauses(query)), reversed(answers), strict=True):
        solved = "{}" if answer is None else f"{{ {values(answer).text} }}"
        query = f"{query[: clause.start]} {solved} {query[clause.end :]}"
    return query


class Values(NamedTuple):
    """Solutions as VALUES, and how many there are."""

    text: str
    size: int


def values(answer: bytes) -> Values:
    """Solutions in SPARQL JSON as VALUES. Raises EndpointFailed if they are not whole or have blank nodes."""
    try:
        solutions = parse_query_results(answer, format=QueryResultsFormat.JSON)
        if not isinstance(solutions, QuerySolutions):
            raise EndpointFailed("Yes or no was answered, where solutions were asked for.")
        names = [name.value for name in solutions.variables]
        rows = [[_term(solution[name]) for name in names] for solution in solutions]
    except (SyntaxError, ValueError) as error:
        raise EndpointFailed(
            f"The answer of another endpoint is not whole ({error}), and was not passed on."
        ) from error
    heading = " ".join(f"?{name}" for name in names)
    return Values(f"VALUES ({heading}) {{ {' '.join('(' + ' '.join(row) + ')' for row in rows)} }}", len(rows))


def _term(term: object) -> str:
    if term is None:
        return "UNDEF"
    if isinstance(term, BlankNode):
        raise EndpointFailed("Another endpoint answered with blank nodes, which nothing here can be joined with.")
    # So that no text of theirs looks like SERVICE to who looks for it everywhere.
    return str(term).replace("{", "\\u007B")
