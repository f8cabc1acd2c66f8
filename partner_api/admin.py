"""Takes the tables of the OAuth library out of the admin: a system is opened on our own page."""

from django.apps import apps
from django.contrib import admin

for model in apps.get_app_config("oauth2_provider").get_models():
    if admin.site.is_registered(model):
        admin.site.unregister(model)
