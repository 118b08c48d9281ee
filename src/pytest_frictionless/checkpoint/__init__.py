"""Checkpoints: what lies on disk, told by names and header bytes, without importing a framework."""
