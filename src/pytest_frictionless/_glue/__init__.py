"""With plugin.py the only code that knows pytest. PYTEST_DONT_REWRITE."""
