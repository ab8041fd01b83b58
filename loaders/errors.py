"""What can go wrong with sources.

* LoaderError
  - UnreadableSource   a file is not what its loader reads: it is refused whole
  - InvalidConfig      the build configuration can't be used
  - UnknownLoader      no loader of that name is installed
  - UnknownSource      the release has no source of that name

A broken record is no error: it is skipped and named in the `loaders.report.Report`.
"""

from ontology.errors import VerkostoError


class LoaderError(VerkostoError):
    """A source can't be loaded."""


class UnreadableSource(LoaderError):
    """A file can't be read as the format its loader expects."""


class InvalidConfig(LoaderError):
    """A build configuration is missing, is not TOML, or says something that is not understood."""


class UnknownLoader(LoaderError):
    """The configuration or command line names a loader that is not installed."""


class UnknownSource(LoaderError):
    """A release has no source of this name."""
