"""Artifacts on demand: found in the store, or made in a child process."""
