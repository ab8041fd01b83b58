"""What can go wrong with releases and what is in them.

* GraphError
  - NoRelease           there is nothing to serve yet, or no release of that name
  - DamagedRelease      a release does not hold what its manifest says
  - BuildInProgress     another build is writing to the same data directory
  - InvalidTag          a tag can't be set or taken off
  - LargeDifference     two releases differ in too much to be compared here
  - InvalidStatement    a value can't be said in RDF
  - InvalidShapes       shapes that somebody asked for can't be used
  - InconsistentRelease the store and the dump of a new release disagree
"""

from ontology.errors import VerkostoError


class GraphError(VerkostoError):
    """Something is wrong with the graph or its releases."""


class NoRelease(GraphError):
    """The data directory has no such release."""


class DamagedRelease(GraphError):
    """A release on disk is not what was published."""


class BuildInProgress(GraphError):
    """Two builds want the same data directory."""


class InvalidTag(GraphError):
    """A tag has an impossible name, is on another release, or is on none."""


class LargeDifference(GraphError):
    """Two releases differ in so much that a server does not compare them."""


class InvalidStatement(GraphError):
    """A value can't be written as an RDF term."""


class InvalidShapes(GraphError):
    """Shapes of other people's, named in a configuration, are not SHACL in Turtle."""


class InconsistentRelease(GraphError):
    """A release under construction contradicts itself; it is not published."""
