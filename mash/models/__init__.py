"""The MASH: enquiry and agency checks, analysis, the threshold decision, strategy discussion.

Also the facts a MASH contact may carry: domestic abuse, missing, EDT hand-over.
"""

from mash.models.decision import (
    Decision,
    DecisionAction,
    DecisionChild,
    DecisionElsewhere,
)
from mash.models.enquiry import (
    AgencyAnswer,
    AgencyCheck,
    AgencyCheckChase,
    AgencyCheckChild,
    Analysis,
    Enquiry,
)
from mash.models.exploitation import (
    ExploitationAction,
    ExploitationAnalysis,
    ExploitationDecision,
    ExploitationScreening,
    RiskPlan,
    ScreeningIndicator,
)
from mash.models.mapping import (
    MappingChild,
    MappingMeeting,
    MappingNode,
    MappingPart,
)
from mash.models.marac import (
    MaracAnswer,
    MaracDecision,
    MaracListing,
    MaracOutcome,
    NrmReferral,
)
from mash.models.missing import (
    MissingEpisode,
    ReturnInterview,
    ReturnInterviewOffer,
)
from mash.models.network import (
    NetworkLink,
    NetworkNode,
)
from mash.models.notices import (
    DomesticAbuse,
    EdtFollowUp,
    EdtHandover,
    MissingNotice,
)
from mash.models.passed import (
    PassedAnswer,
    PassedLine,
)
from mash.models.strategy import (
    DiscussionAction,
    DiscussionLine,
    DiscussionPassed,
    DiscussionRefusal,
    StrategyDiscussion,
    StrategyDiscussionChild,
)
from mash.models.views import (
    SavedView,
)

__all__ = [
    "AgencyAnswer",
    "AgencyCheck",
    "AgencyCheckChase",
    "AgencyCheckChild",
    "Analysis",
    "Decision",
    "DecisionAction",
    "DecisionChild",
    "DecisionElsewhere",
    "DiscussionAction",
    "DiscussionLine",
    "DiscussionPassed",
    "DiscussionRefusal",
    "DomesticAbuse",
    "EdtFollowUp",
    "EdtHandover",
    "Enquiry",
    "ExploitationAction",
    "ExploitationAnalysis",
    "ExploitationDecision",
    "ExploitationScreening",
    "MappingChild",
    "MappingMeeting",
    "MappingNode",
    "MappingPart",
    "MaracAnswer",
    "MaracDecision",
    "MaracListing",
    "MaracOutcome",
    "MissingEpisode",
    "MissingNotice",
    "NetworkLink",
    "NetworkNode",
    "NrmReferral",
    "PassedAnswer",
    "PassedLine",
    "ReturnInterview",
    "ReturnInterviewOffer",
    "RiskPlan",
    "SavedView",
    "ScreeningIndicator",
    "StrategyDiscussion",
    "StrategyDiscussionChild",
]
