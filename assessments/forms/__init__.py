"""What is typed about assessments, by subject."""
