"""Containers that hold the stack of a manifest: a Dockerfile, and a dev-container on it."""
