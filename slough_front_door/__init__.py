"""Settings, addresses and the Celery application."""

from slough_front_door.celery import app as celery_app

__all__ = ["celery_app"]
