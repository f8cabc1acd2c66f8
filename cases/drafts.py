"""What is typed on the long pages of the shared work, as the list of drafts says it."""

PAGES = {
    "cases:flag": "An answer to a flag",
    "cases:flag_clear": "Why a flag should not stand",
    "cases:record_oversight": "Management oversight",
    "cases:oversight_correct": "A correction of management oversight",
    "cases:direction": "What became of a direction",
    "cases:record_visit": "A visit",
    "cases:close_referral": "Closing a referral",
    "cases:step_down": "Stepping a family down to early help",
}
