"""The addresses of the interface, and of the pages where systems are opened and closed."""

from django.urls import path, re_path

from partner_api.views import contacts, systems, token

app_name = "partner_api"

urlpatterns = [
    path("api/v1/token/", token.Token.as_view(), name="token"),
    path("api/v1/schema/", token.Schema.as_view(), name="schema"),
    path("api/v1/contacts/", contacts.Contacts.as_view(), name="contacts"),
    re_path(
        r"^api/v1/contacts/(?P<reference>C-[0-9]{2}-[0-9]{5,7})/$",
        contacts.OneContact.as_view(),
        name="contact",
    ),
    re_path(r"^api/", contacts.Nowhere.as_view(), name="nowhere"),
    path("agency-systems/", systems.systems, name="systems"),
    path("agency-systems/open/", systems.open_system, name="open_system"),
    path("agency-systems/<uuid:pk>/", systems.system, name="system"),
    path("agency-systems/<uuid:pk>/secret/", systems.new_secret, name="new_secret"),
    path("agency-systems/<uuid:pk>/close/", systems.close_system, name="close_system"),
]
