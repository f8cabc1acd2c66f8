"""What invented referrers write, and what workers write about it."""

CONCERNS = {
    "domestic_abuse": (
        (
            "Called to a row at the address; {mother} pushed, {child} in the next room",
            "Officers attended after a neighbour rang. {mother} said she was pushed against"
            " the wall"
            " during an argument about money. No visible injury. {child} was in the next"
            " room and said"
            " the shouting happens “when he has been out”. Suspect left before we arrived.",
        ),
        (
            "Shouting and a broken door; children upstairs, no injury",
            "Verbal argument, internal door broken. Children seen upstairs, upset, no"
            " injury. {mother}"
            " does not want to make a statement tonight.",
        ),
    ),
    "child_protection": (
        (
            "Bruise on the arm; {child} says it was the slipper",
            "{child} would not change for PE. A mark on the upper arm. Said “it was the slipper,"
            " because of my reading book”, and that it was not the first time.",
        ),
        (
            "No food in the house on two visits; cold and wet clothes",
            "Second visit this month. Nothing in the fridge but milk. {child} in a wet vest,"
            " heating"
            " off. {mother} tired and short with me.",
        ),
        (
            "Arm fracture; two accounts of how it happened",
            "{child} brought in by a relative with a fracture. The account changed between"
            " triage and"
            " the doctor. Brought in after a day.",
        ),
    ),
    "child_in_need": (
        (
            "Sleeping on a friend’s sofa since Friday after a row at home",
            "{child} told us they have been at a friend’s since Friday after a row with the"
            " stepfather. Coming to school in the same clothes.",
        ),
        (
            "Told school nurse about cutting; nobody at home knows",
            "{child} disclosed cutting to the school nurse. Superficial. Says nobody at home"
            " knows and"
            " does not want them to.",
        ),
    ),
    "missing": (
        (
            "Missing overnight twice in a week; older friends with a car",
            "MISSING PERSON NOTIFICATION. {child} not home since yesterday evening. Second time"
            " this week. {mother} says there is a new set of friends, older, one has a car.",
        ),
    ),
    "exploitation": (
        (
            "New phone and trainers nobody bought; train tickets in a bag",
            "{child} has a second phone and trainers {mother} did not buy. Train tickets found in"
            " the bag. Tired and asleep in lessons.",
        ),
    ),
    "early_help_request": (
        (
            "{mother} asks for help with routines and sleep",
            "{mother} asked me whether there is any help with mornings and bedtimes. She is on her"
            " own with the children and worn out. She agrees to me contacting you.",
        ),
    ),
    "information_request": (
        (
            "Another council asks what we know of the family",
            "We are assessing a sibling here and ask for any information you hold on {child}.",
        ),
    ),
    "other": (
        (
            "Neighbour hears a child crying for hours most nights",
            "I live close enough. A young child cries for hours most nights and nobody goes. I have"
            " not seen anyone hurt. I do not want to give my name.",
        ),
    ),
}
KNOW = (
    "What the referrer saw and heard, the history on record, and what agencies answered.",
    "The account above comes from the referrer first hand; our history has been read.",
)
WORRIES = (
    "The children may see or hear more than they say; it has happened before.",
    "Risk to the youngest, who cannot tell anybody.",
    "Nobody outside the home has seen the children this week.",
)
PROTECTS = (
    "{mother} asked for help herself and keeps appointments.",
    "School sees the children every day and they talk to their teacher.",
    "Grandmother lives near and has had the children before.",
)
ALTERNATIVE = {
    "nfa": "An enquiry would be out of proportion: nothing points to harm or unmet need.",
    "advice_or_signpost": "Ending here would leave the family without help they asked for.",
    "early_help": "Advice alone would be too little; an assessment would be too much.",
    "mash_enquiry": "We do not know enough to choose between help and assessment.",
    "referral": "Early help alone would be too slow for what is described.",
    "strategy_discussion": "An assessment alone would be too slow: harm is recent.",
    "linked_to_open_case": "The family’s worker holds the whole picture.",
    "sent_to_other_authority": "The children live elsewhere.",
}
WHY_CHECK = {
    "police": "History of violence at the address",
    "health": "Who sees the children, and when last",
    "school": "How the children are in school, and what they say",
    "housing": "Who holds the tenancy",
}
ANSWERS = (
    "Two call-outs in two years, both verbal, no charge.",
    "Seen for routine checks; the last one was missed.",
    "Attendance 91%. Settled. Teacher has no worries of her own.",
    "Missed two appointments; not alone at the one before.",
)
LATE = ("Answers came late on Friday", "Two decision-makers were in a strategy discussion")
