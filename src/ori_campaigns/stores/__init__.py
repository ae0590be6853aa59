"""Stores: where campaigns, contacts, attempts, carriers and the log are kept."""
