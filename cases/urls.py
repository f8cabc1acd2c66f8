from django.urls import path

from cases.views import closing, pages, visits

app_name = "cases"

urlpatterns = [
    path("", pages.home, name="home"),
    path("search/", pages.search, name="search"),
    path("children/<uuid:pk>/", pages.child, name="child"),
    path("children/<uuid:pk>/note/", pages.add_note, name="add_note"),
    path("children/<uuid:pk>/visits/", visits.visits, name="visits"),
    path("children/<uuid:pk>/visits/new/", visits.record_visit, name="record_visit"),
    path("handovers/", pages.handovers, name="handovers"),
    path("handovers/<uuid:pk>/", pages.handover, name="handover"),
    path("referrals/", pages.referrals, name="referrals"),
    path("referrals/<uuid:pk>/allocate/", pages.allocate, name="allocate"),
    path("referrals/<uuid:pk>/close/", closing.close_referral, name="close_referral"),
]
