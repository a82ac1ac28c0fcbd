"""The four secrets of an installation, from the environment or, when embedded, generated once into `var/secrets`."""

import base64
import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

FIELD_KEY_BYTES = 32  # AES-256
SHORTEST_TRAIL_KEY = 32  # characters
GENERATORS = {
    "SECRET_KEY": lambda: secrets.token_urlsafe(50),
    "FIELD_KEYS": lambda: base64.urlsafe_b64encode(secrets.token_bytes(FIELD_KEY_BYTES)).decode(),
    "DIGEST_KEY": lambda: secrets.token_hex(32),
    "TRAIL_KEYS": lambda: secrets.token_hex(32),
}


def field_keys(text: str) -> list[str]:
    """Return the keys of FIELD_KEYS, newest first. Raises ImproperlyConfigured for an invalid key."""
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


def trail_keys(text: str) -> list[str]:
    """Return the keys of TRAIL_KEYS, newest first. Raises ImproperlyConfigured for a key that could be guessed."""
    keys = [key.strip() for key in text.split(",")]
    if any(len(key) < SHORTEST_TRAIL_KEY for key in keys):
        raise ImproperlyConfigured(
            f"TRAIL_KEYS: every key has at least {SHORTEST_TRAIL_KEY} characters. Make it as .env.example says."
        )
    return keys


def load_secret(name: str, *, directory: Path, production: bool) -> str:
    """Return the secret called `name` (SECRET_KEY, FIELD_KEYS, DIGEST_KEY, TRAIL_KEYS).

    The environment takes precedence. In production it must be set there. The embedded portal generates one at the first
    start (file mode 0600) and keeps it, because data encrypted with a lost key are lost. Raises ImproperlyConfigured
    with the cure.
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
        # A link instead of a rename: when web and worker start together, the key of the first is kept.
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        return path.read_text().strip()
