"""The cut: from a failing model to the fewest nodes that show the failure."""
