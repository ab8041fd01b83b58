"""The description of the interface is true enough that a stranger's tool can use it; nothing it sends makes a 500."""

from typing import Any

import schemathesis
from hypothesis import HealthCheck, given, settings
from starlette.testclient import TestClient

from graph.release import Release
from sparql.limits import Limits
from web.app import create_app


def test_nothing_that_the_description_allows_or_forbids_makes_a_500(release: Release) -> None:
    # Errors that nobody foresaw are to be seen, and not to be answered with.
    with TestClient(create_app(release, Limits(seconds=1, workers=2))) as client:
        schema = schemathesis.openapi.from_asgi("/openapi.json", client.app)
        described = [found.ok() for found in schema.get_all_operations()]  # type: ignore[union-attr]
        assert {"/sparql", "/changes", "/health"} <= {operation.path for operation in described}
        for operation in described:
            _ask_at_random(operation, client)


def _ask_at_random(operation: Any, client: TestClient) -> None:
    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        said = case.as_transport_kwargs()
        answer = client.request(
            case.method,
            case.formatted_path,
            params=said.get("params"),
            headers={name: value for name, value in (said.get("headers") or {}).items() if value.isascii()},
            content=said.get("data") if isinstance(said.get("data"), str | bytes) else None,
            data=said.get("data") if isinstance(said.get("data"), dict) else None,
        )
        assert answer.status_code != 500, answer.text
        assert answer.status_code < 400 or answer.headers["content-type"] == "application/problem+json"

    ask()
