"""What torch says when it does not export, told as a finding: one code for each remedy."""
