from django.apps import AppConfig


class PartnerApiConfig(AppConfig):
    name = "partner_api"
    verbose_name = "Interface for partner agencies"

    def ready(self) -> None:
        from partner_api import schema  # noqa: F401 - tells the schema how systems sign in
        from partner_api.events import EVENTS
        from record import events

        events.register(*EVENTS)
