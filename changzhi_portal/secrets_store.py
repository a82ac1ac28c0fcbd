"""The three secrets of an installation, from the environment or, embedded, generated once into `var/secrets`."""

import base64
import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

FIELD_KEY_BYTES = 32  # AES-256
GENERATORS = {
    "SECRET_KEY": lambda: secrets.token_urlsafe(50),
    "FIELD_KEYS": lambda: base64.urlsafe_b64encode(secrets.token_bytes(FIELD_KEY_BYTES)).decode(),
    "DIGEST_KEY": lambda: secrets.token_hex(32),
}


def field_keys(text: str) -> list[str]:
    """The keys of FIELD_KEYS, newest first. Raises ImproperlyConfigured for one that could not encrypt anything."""
    keys = [key.strip() for key in text.split(",")]
    for number, key in enumerate(keys, start=1):
        try:
            fits = len(base64.b64decode(key, altchars=b"-_", validate=True)) == FIELD_KEY_BYTES
        except ValueError:
            fits = False
        if not fits:
            raise ImproperlyConfigured(
                f"FIELD_KEYS: key {number} of {len(keys)} is not {FIELD_KEY_BYTES} bytes in URL-safe base64. "
                "Make it as .env.example says."
            )
    return keys


def load_secret(name: str, *, directory: Path, production: bool) -> str:
    """The secret called `name` (SECRET_KEY, FIELD_KEYS, DIGEST_KEY).

    The environment wins. In production it must be there; the embedded default makes one
    (file mode 0600) at the first start and keeps it, because data encrypted with a lost key is lost.
    Raises ImproperlyConfigured with the cure.
    """
    if value := os.environ.get(name):
        return value
    if production:
        raise ImproperlyConfigured(f"{name} is not set. Put it into the environment; see docs/operations.md.")
    path = directory / name
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = directory / f".{name}.{os.getpid()}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(GENERATORS[name]())
        # Linking instead of renaming: when web and worker start together, the first one's key stands.
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        return path.read_text().strip()
