"""Applications: found, made, and what is done to one."""
