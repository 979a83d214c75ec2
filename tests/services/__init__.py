"""Private programs for tests: each in a temporary folder, on a free loopback port, stopped by its own process id."""
