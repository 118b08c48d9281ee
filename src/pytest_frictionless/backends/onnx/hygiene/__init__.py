"""What weighs a graph down: one file for each family of findings, all looking at one `Picture`."""
