"""A small library with a history: what tests/test_migrating.py migrates step by step with rows in it."""
