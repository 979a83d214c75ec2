"""What CI calls."""
