"""Who sent a contact, in the few words a list has room for; the codes stay as the census has them.

A pure module.
"""

SOURCE_WORDS = {
    "1A": "Family member",
    "1B": "Neighbour or friend",
    "1C": "Young person",
    "1D": "Member of the public",
    "2A": "School",
    "2B": "Education service",
    "3A": "GP",
    "3B": "Health visitor",
    "3C": "School nurse",
    "3D": "Community health",
    "3E": "Hospital",
    "3F": "Health",
    "4": "Housing",
    "5A": "Adult social care",
    "5B": "Council service",
    "5C": "Another authority",
    "5D": "Early help",
    "6": "Police",
    "7": "Legal agency",
    "8": "Voluntary or other agency",
    "9": "Member of the public",
    "10": "Source not known",
}


def source_words(code: str, *, is_anonymous: bool = False, by_edt: bool = False) -> str:
    """Give "Police, by EDT" or "Member of the public, anonymous"."""
    said = SOURCE_WORDS.get(code, "Source not known")
    if is_anonymous or code == "9":
        said = f"{said}, anonymous"
    return f"{said}, by EDT" if by_edt else said
