"""Pages of assessments, by subject."""
