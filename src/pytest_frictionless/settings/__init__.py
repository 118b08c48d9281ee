"""frictionless.yaml: what it may say, how it is read, and how one is begun."""
