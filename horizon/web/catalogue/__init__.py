"""Templates and their releases."""
