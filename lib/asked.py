"""What somebody typed to search for, sealed in the address.

An address ends up in logs, histories and bookmarks, where nobody's name may stand. So a form that
searches is posted, and the address that follows carries what was typed under a seal that only the
same person can have opened. The same words of the same person make the same seal.
"""

import binascii
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha512

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from django.conf import settings
from django.http import HttpRequest, QueryDict

NAME = "asked"
CSRF_FIELD = "csrfmiddlewaretoken"


def _box(secret: str) -> AESSIV:
    return AESSIV(sha512(b"lib.asked" + secret.encode()).digest())


def seal(words: str, *, by: object) -> str:
    """Seal words for whoever has this id, as letters that an address may carry.

    AES-SIV (RFC 5297) with the secret key of the settings, bound to the id. Pressed together
    first: a web server takes some 4,000 characters, and 500 of many scripts are more when encoded.
    """
    box = _box(settings.SECRET_KEY)
    return urlsafe_b64encode(
        box.encrypt(zlib.compress(words.encode()), [str(by).encode()])
    ).decode()


def opened(sealed: str, *, by: object) -> str:
    """Return what was sealed for this id; nothing if it was not, or with a key since replaced."""
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        try:
            box = urlsafe_b64decode(sealed.encode())
            return zlib.decompress(_box(secret).decrypt(box, [str(by).encode()])).decode()
        except (InvalidTag, binascii.Error, zlib.error, ValueError):
            continue
    return ""


def leading_on(request: HttpRequest) -> str:
    """Return what was posted as an address says it: `asked=…`."""
    typed = request.POST.copy()
    typed.pop(CSRF_FIELD, None)
    return f"{NAME}={seal(typed.urlencode(), by=request.user.pk)}"


def typed(request: HttpRequest) -> QueryDict | None:
    """Return what the address was led on with, or nothing."""
    found = opened(request.GET.get(NAME, ""), by=request.user.pk)
    return QueryDict(found) if found else None


def same(request: HttpRequest) -> str:
    """Return the `asked=…` this page came with, for links that lead on; nothing without."""
    return "" if typed(request) is None else f"{NAME}={request.GET[NAME]}"
