"""What the screens of the shared work show."""
