"""Work on the interface that nobody has to ask for."""

from typing import Any

from celery import shared_task
from oauth2_provider.models import clear_expired


@shared_task(ignore_result=True)
def drop_old_tokens(**_: Any) -> None:
    """Forget tokens that have run out."""
    clear_expired()
