"""What the screens of early help show."""
