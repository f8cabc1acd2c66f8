"""Forms of early help's pages, by subject."""
