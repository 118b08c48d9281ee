"""Where latency jumps between the sizes of a profile: knows no GPU and no pytest."""
