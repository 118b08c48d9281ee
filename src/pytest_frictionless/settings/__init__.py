"""frictionless.yaml: what it may say, how it is read, and how one is begun."""

CONFIG_FILE = "frictionless.yaml"
"""At the top of a repository."""
