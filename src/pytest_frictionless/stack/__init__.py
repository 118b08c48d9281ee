"""The stack under a deployed model: what it was made with, what runs now, and what fits together."""
