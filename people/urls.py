"""Addresses of people's records."""

from django.urls import path

from people.views import editing, family, links, pages, restricted, variants

app_name = "people"

urlpatterns = [
    path("openings/", restricted.review_break_glass, name="review_break_glass"),
    path("openings/<uuid:opening_id>/", restricted.review_opening, name="review_opening"),
    path("variants/", variants.variants, name="variants"),
    path("variants/add/", variants.state_variant, name="state_variant"),
    path("variants/<uuid:variant_id>/end/", variants.end_variant, name="end_variant"),
    path("duplicates/", links.duplicates, name="duplicates"),
    path("duplicates/<uuid:duplicate_id>/", links.settle_duplicate, name="settle_duplicate"),
    path("<uuid:person_id>/", pages.person, name="person"),
    path("<uuid:person_id>/changes/", pages.changes, name="changes"),
    path("<uuid:person_id>/looked/", pages.looked, name="looked"),
    path("<uuid:person_id>/details/", editing.edit_details, name="edit_details"),
    path("<uuid:person_id>/names/", editing.add_name, name="add_name"),
    path("<uuid:person_id>/names/<uuid:name_id>/right/", editing.correct_name, name="correct_name"),
    path("<uuid:person_id>/names/<uuid:name_id>/use/", editing.use_name, name="use_name"),
    path("<uuid:person_id>/date/", editing.state_date, name="state_date"),
    path("<uuid:person_id>/numbers/", editing.add_identifier, name="add_identifier"),
    path(
        "<uuid:person_id>/numbers/<uuid:identifier_id>/wrong/",
        editing.wrong_identifier,
        name="wrong_identifier",
    ),
    path("<uuid:person_id>/address/", editing.add_address, name="add_address"),
    path("<uuid:person_id>/services/", editing.add_setting, name="add_setting"),
    path(
        "<uuid:person_id>/services/<uuid:setting_id>/end/",
        editing.end_setting,
        name="end_setting",
    ),
    path("<uuid:person_id>/hazards/", editing.hazards, name="hazards"),
    path("<uuid:person_id>/hazards/<uuid:hazard_id>/", editing.review_hazard, name="review_hazard"),
    path("<uuid:person_id>/birth/", editing.birth, name="birth"),
    path("<uuid:person_id>/death/", editing.death, name="death"),
    path("<uuid:person_id>/family/", family.add_member, name="add_member"),
    path(
        "<uuid:person_id>/family/<uuid:membership_id>/left/",
        family.end_membership,
        name="end_membership",
    ),
    path("<uuid:person_id>/relationships/", family.relate, name="relate"),
    path(
        "<uuid:person_id>/relationships/<uuid:relationship_id>/",
        family.change_relation,
        name="change_relation",
    ),
    path("<uuid:person_id>/restriction/", restricted.restrict, name="restrict"),
    path("<uuid:person_id>/restriction/reader/", restricted.add_reader, name="add_reader"),
    path(
        "<uuid:person_id>/restriction/lift/", restricted.lift_restriction, name="lift_restriction"
    ),
    path("<uuid:person_id>/emergency/", restricted.break_glass, name="break_glass"),
    path("<uuid:person_id>/information/", restricted.leave_information, name="leave_information"),
    path(
        "<uuid:person_id>/information/left/", restricted.information_left, name="information_left"
    ),
    path("<uuid:person_id>/link/", links.link, name="link"),
    path("<uuid:person_id>/link/<uuid:link_id>/part/", links.unlink, name="unlink"),
    path("<uuid:person_id>/link/<uuid:link_id>/written/", links.written, name="written"),
]
