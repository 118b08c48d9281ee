"""Scripts that show a failure in a fresh process; they are written beside a small model."""
