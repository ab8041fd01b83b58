"""What is asked for and not there any more: what stands for it now, or an error that tells what it was."""

from starlette.responses import RedirectResponse, Response

from graph.gone import Gone
from web.errors import PageNotFound, ThingGone
from web.site import Site


def replacement(site: Site, iri: str) -> str:
    """The IRI of what stands for a thing that is not in the release.

    Raises ThingGone if nothing does, and PageNotFound if no release before it had the thing either.
    """
    gone = Gone(site.release)
    thing = gone.find(iri)
    if thing is None:
        raise PageNotFound(f"Nothing in this release has the identifier {iri}.")
    found = gone.replacement(thing, site.graph.knows)
    if found is None:
        raise ThingGone(thing)
    return found


def moved(address: str, iri: str) -> Response:
    """Moved permanently to the address of what stands for a thing, with its IRI.

    `RFC 9110, 15.4.2 <https://www.rfc-editor.org/rfc/rfc9110.html#name-301-moved-permanently>`_, and
    `RFC 5829, 3.3 <https://www.rfc-editor.org/rfc/rfc5829.html#section-3.3>`_.
    """
    # What is gone may come back, so nobody is to remember this for good.
    headers = {"Link": f'<{iri}>; rel="successor-version"', "Cache-Control": "no-cache"}
    return RedirectResponse(address, 301, headers)
