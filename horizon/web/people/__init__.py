"""Oneself, people, robots, signing in."""
