"""Sinks: who hears what happened, and the feed that tells them."""
