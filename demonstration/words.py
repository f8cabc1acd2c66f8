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

SAID = (
    "“I want it to be quiet.”",
    "“He shouts and then it is dark.”",
    "“Can Nan stay?”",
    "“I make the breakfast. It is all right.”",
)
WHY_THIS = (
    "Waiting would leave the nights as they are.",
    "Help alone has been tried, twice.",
    "It is the least that keeps each of them safe.",
)
SEEN_SO_FAR = (
    "settled at school, tired on Mondays",
    "talks to the teacher, not at home",
    "has gained weight; sleeps badly",
)
OTHER_PARENT = (
    "Father seen at his flat; wants to help",
    "Father does not answer; letter sent",
    "Lives with them, and takes part",
)
WRITTEN = {
    "presenting": "The school rang after three late Mondays; a neighbour heard shouting.",
    "history": "Three contacts in two years, each about the nights, each closed with advice.",
    "family": "{mother} and the children; her mother comes every day and would come at night.",
    "home": "Two bedrooms, warm; the rent is behind by two months.",
    "parenting": "{mother} is gentle and tired. The nights are not held by anybody.",
    "parents_views": "“I know it is too loud. I want it to stop,” says {mother}.",
    "analysis": "The children carry the nights; each of them does it in another way.",
    "change": "Nobody shouts at night; everybody is at school on time within two months.",
}
OF_CHILD = {
    "voice": (
        "says it is better at Nan’s and draws two houses",
        "speaks little at home, much in the playground",
        "asked who would look after Mum",
    ),
    "day": (
        "up at six alone, school at nine, in bed when the row is over",
        "walks to school with a friend, plays until it is dark",
        "at home all day, mostly before a screen",
    ),
    "health": ("well; the dentist is overdue", "asthma, and the inhaler is at school"),
    "learning": ("where expected; two friends", "behind in reading; likes football"),
    "risk_why": (
        "may be hurt in a row at night, which happens most weeks",
        "is frightened, and may run out again",
        "is small and cannot leave the room",
    ),
    "outcome_why": (
        "needs what only a plan with the school can give",
        "is helped most by quiet nights, and these need the parents",
        "has somebody to go to, and that should stay so",
    ),
}
OF_UNBORN = {
    "voice": ("is expected; the mother talks of a girl, and the cot is there",),
    "health": ("grows as it should; the mother has been to each appointment",),
    "risk_why": ("may come early if there is violence again",),
}
FACTORS = (
    ("3B", 24.9),
    ("4B", 24.5),
    ("17A", 19),
    ("16A", 17),
    ("4A", 13.6),
    ("18C", 12),
    ("1B", 10.9),
    ("2B", 10.5),
    ("3A", 9),
    ("14A", 7.5),
    ("5A", 6),
)
AUTHORISED = {
    "nfa": "No further action: what worried people has stopped.",
    "early_help": "Step down: the family wants help with mornings.",
    "cin_plan": "A child in need plan for each of them.",
    "section_47": "A strategy discussion today.",
    "continue_plan": "The plan in place goes on.",
    "legal": "Legal advice on Monday.",
    "other": "The family has moved; their new authority is told.",
}
DIRECTIONS = (
    "See each child at school before Friday",
    "Ring the father, and write down what he says",
    "Ask the health visitor for the weights",
)
CHANGED = (
    "somebody new is there at night",
    "had to sleep at the neighbour’s",
    "has not been at school since it happened",
)
EFFECT = ("gave up the room", "is quieter than before", "asks whether it happens again")
