"""What the steps of the workbench hand back: plain JSON, so that it is stored as it is.

Every record is made once for its inputs, in a child process, and read by many checks.
"""
