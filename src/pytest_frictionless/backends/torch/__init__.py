"""What asks torch: reading, calling and exporting a model, and why torch refuses one."""
