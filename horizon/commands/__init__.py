"""COMMANDS: the supervisor that runs the whole platform as one command, and what an operator types."""
