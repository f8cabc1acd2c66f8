"""Forms of the shared work's pages, by subject."""
