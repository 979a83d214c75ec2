"""What makes a region follow `master`: one interface, and the engines behind it (DESIGN 7)."""
