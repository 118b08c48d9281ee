"""Signed results of a GPU run, which a machine without a GPU verifies: knows no GPU and no pytest."""
