"""What asks a GPU: running and measuring an engine, and watching what the device does."""
