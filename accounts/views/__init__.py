"""The pages about people who use the service, one module for each subject."""
