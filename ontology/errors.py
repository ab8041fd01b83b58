"""The root of everything that can go wrong in Verkosto. The only error class that all rooms share.

* VerkostoError                 each message tells a person what to do next
  - OntologyError               here: the ontology files themselves are wrong
  - graph.errors.GraphError     releases and what is in them
  - loaders.errors.LoaderError  sources
  - sparql.errors.QueryError    questions
"""


class VerkostoError(Exception):
    """Something a person can act on. The message is one plain sentence, fit to be shown."""


class OntologyError(VerkostoError):
    """An ontology file can't be used as it is."""
