"""The version, written once: packaging reads this line, the package shows it."""

__version__ = "0.1.0.dev0"
