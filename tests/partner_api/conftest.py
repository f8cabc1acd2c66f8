import pytest

from accounts.models import User
from tests.partner_api.systems import Caller, caller


@pytest.fixture
def school(administrator: User, mash_manager: User) -> Caller:
    """A school's system; there is a MASH to take its contacts in."""
    return caller(administrator)
