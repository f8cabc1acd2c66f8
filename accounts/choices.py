"""Code sets of people who use the system: roles, kinds of team, kinds of agency."""

from __future__ import annotations

from django.db import models


class Role(models.TextChoices):
    """What a person is here to do. Listed from nearest the family to furthest away."""

    CONTACT_OFFICER = "contact_officer", "Contact officer"
    MASH_SOCIAL_WORKER = "mash_social_worker", "MASH social worker"
    MASH_MANAGER = "mash_manager", "MASH manager"
    EARLY_HELP_WORKER = "early_help_worker", "Early help worker"
    EARLY_HELP_COORDINATOR = "early_help_coordinator", "Early help coordinator"
    ASSESSMENT_SOCIAL_WORKER = "assessment_social_worker", "Assessment social worker"
    SFS_SOCIAL_WORKER = "sfs_social_worker", "S&FS social worker"
    PRACTICE_SUPERVISOR = "practice_supervisor", "Practice supervisor"
    ASSESSMENT_TEAM_MANAGER = "assessment_team_manager", "Assessment team manager"
    SFS_MANAGER = "sfs_manager", "S&FS manager"
    EXPLOITATION_LEAD = "exploitation_lead", "Exploitation lead"
    EDT_WORKER = "edt_worker", "EDT worker"
    CP_CHAIR = "cp_chair", "Child protection chair"
    AUDITOR = "auditor", "Auditor"
    QA_LEAD = "qa_lead", "Quality assurance lead"
    HEAD_OF_SERVICE = "head_of_service", "Head of service"
    DIRECTOR = "director", "Director of children's services"
    PARTNER_AGENCY = "partner_agency", "Partner agency"
    DATA_ANALYST = "data_analyst", "Data analyst"
    ADMINISTRATOR = "administrator", "Administrator"


class TeamKind(models.TextChoices):
    MASH = "mash", "MASH"
    EARLY_HELP = "early_help", "Early help"
    ASSESSMENT = "assessment", "Assessment"
    SAFEGUARDING_FAMILY_SUPPORT = "safeguarding_family_support", "Safeguarding and Family Support"
    EDT = "edt", "Emergency Duty Team"
    QUALITY_ASSURANCE = "quality_assurance", "Quality assurance"
    SENIOR_MANAGEMENT = "senior_management", "Senior management"
    PERFORMANCE = "performance", "Performance"
    ADMINISTRATION = "administration", "Administration"


class AgencyKind(models.TextChoices):
    POLICE = "police", "Police"
    HEALTH = "health", "Health"
    SCHOOL = "school", "School"
    EARLY_YEARS = "early_years", "Early years"
    HOUSING = "housing", "Housing"
    PROBATION = "probation", "Probation"
    YOUTH_JUSTICE = "youth_justice", "Youth justice"
    ADULT_SOCIAL_CARE = "adult_social_care", "Adult social care"
    SUBSTANCE_MISUSE = "substance_misuse", "Substance misuse service"
    DOMESTIC_ABUSE_SERVICE = "domestic_abuse_service", "Domestic abuse service"
    OTHER_AUTHORITY = "other_authority", "Another local authority"
    VOLUNTARY = "voluntary", "Voluntary or community group"
    CAFCASS = "cafcass", "Cafcass"
    EDT = "edt", "Emergency Duty Team"
    OTHER = "other", "Other"


class EmploymentType(models.TextChoices):
    """How somebody is employed: an attribute of the person, never a permission."""

    PERMANENT = "permanent", "Permanent"
    AGENCY = "agency", "Agency"
    PARTNER = "partner", "Employed by a partner agency"
