"""Diallers: who places the calls. The in-memory one needs no carrier; real carriers have an adapter each."""
