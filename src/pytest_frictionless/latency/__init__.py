"""Latency on a GPU: what was measured, what was accepted, and whether it got slower."""
