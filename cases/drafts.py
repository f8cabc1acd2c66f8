"""What is typed on the long pages of the shared work, as the list of drafts says it."""

PAGES = {
    "cases:record_visit": "A visit",
}
