"""The user's own lines in a form that exports: plain `ast`, nothing is imported or run."""
