"""A cluster: its page, and what is done to it."""
