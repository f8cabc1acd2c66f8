"""What is typed on the long pages of assessments, as the list of drafts on a home page says it."""

PAGES = {
    "assessments:checkpoint": "A checkpoint of an assessment",
    "assessments:authorise": "Authorising an assessment",
    "assessments:conference_book": "Booking an initial conference",
    "assessments:conference_moved_in": "A transfer-in conference",
    "assessments:conference_share": "A conference report that was shared",
    "assessments:clash": "Two texts of one box of an assessment: choose",
    "assessments:left_over": "Words typed after an assessment had closed",
}
