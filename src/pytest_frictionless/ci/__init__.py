"""What CI jobs ask: which checkpoints there are, which of them changed, and which job tests them."""
