"""Pages of people's records."""
