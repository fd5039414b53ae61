"""A local code completion language server: nothing it reads leaves the machine."""

__version__ = "0.1.0"
