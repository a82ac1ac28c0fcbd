"""Storage of uploaded originals: encrypted on disk, readable only through their batch (docs/domain.md §9.3)."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from changzhi_portal.personal import decrypt_bytes, encrypt_bytes, key_id_of_bytes
from changzhi_portal.refusals import NotFoundError, UnavailableError
from uploads.models import UploadBatch
from uploads.places import original_of
from uploads.reading.refusal import FileRefusedError

logger = logging.getLogger(__name__)
FOLDER = "uploads"


def read_within_limit(chunks: Iterable[bytes]) -> bytes:
    """Return all bytes of an upload. Raises FileRefusedError for more than UPLOAD_MAX_BYTES."""
    received = bytearray()
    for chunk in chunks:
        received += chunk
        if len(received) > settings.UPLOAD_MAX_BYTES:
            limit = settings.UPLOAD_MAX_BYTES // 1024 // 1024
            raise FileRefusedError(
                "too_large",
                f"文件超过{limit}MB，请删去图片和空白行，或分成几个文件上传。",
                cure=f"The file is larger than {limit} MB (UPLOAD_MAX_BYTES). Remove pictures and blank rows, or split it.",
            )
    return bytes(received)


def sha256_of(data: bytes) -> str:
    """Return the hexadecimal SHA-256 of a file."""
    return hashlib.sha256(data).hexdigest()


def keep_original(ref: str, data: bytes) -> str:
    """Store a file encrypted and return its name below MEDIA_ROOT. Raises UnavailableError if the disk refuses it."""
    name = f"{FOLDER}/{ref}"
    path = Path(settings.MEDIA_ROOT) / name
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=settings.FILE_UPLOAD_DIRECTORY_PERMISSIONS)
        _write(path, encrypt_bytes(data, original_of(ref)))
    except OSError as error:
        logger.error("An upload cannot be stored: %s", error)
        with suppress(OSError):
            forget_original(name)
        raise UnavailableError(
            "服务器暂时存不下文件，没有收下；请稍后再上传，仍不行请联系系统管理员。",
            cure=f"The file cannot be stored below {settings.MEDIA_ROOT}: {error.strerror}.",
        ) from error
    return name


def _write(path: Path, data: bytes) -> None:
    with os.fdopen(
        os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, settings.FILE_UPLOAD_PERMISSIONS), "wb"
    ) as file:
        file.write(data)


def key_id_of_original(batch: UploadBatch) -> str | None:
    """Return the id of the key of a batch's file, "" for one that is bound to no place, None where there is no file."""
    try:
        with (Path(settings.MEDIA_ROOT) / batch.stored_as).open("rb") as file:
            return key_id_of_bytes(file.read(64))
    except (FileNotFoundError, IsADirectoryError):
        return None


def encrypt_original_again(batch: UploadBatch) -> None:
    """Encrypt a batch's file under the newest key. The new file takes the place of the old one in one step.

    Raises CannotDecryptError.
    """
    path = Path(settings.MEDIA_ROOT) / batch.stored_as
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        _write(draft, encrypt_bytes(original_bytes(batch), original_of(batch.ref)))
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def forget_original(name: str) -> None:
    """Delete a stored file, for a batch whose row was never written."""
    (Path(settings.MEDIA_ROOT) / name).unlink(missing_ok=True)


def forget_original_on_commit(name: str) -> None:
    """Delete a stored file once the transaction that has taken its name from its batch is committed; "" is no file.

    A disk that refuses is logged with the name, for the operator: the batch no longer leads to the file.
    """

    def forget() -> None:
        try:
            forget_original(name)
        except OSError as error:
            logger.error("The original %s cannot be deleted: %s", name, error)

    if name:
        transaction.on_commit(forget)


def original_bytes(batch: UploadBatch) -> bytes:
    """Return the plain bytes of a batch's file.

    Raises NotFoundError when it does not exist (purged, or another disk), CannotDecryptError for the file of another
    batch under its name.
    """
    try:
        if not batch.stored_as:
            raise FileNotFoundError("purged")
        return decrypt_bytes((Path(settings.MEDIA_ROOT) / batch.stored_as).read_bytes(), original_of(batch.ref))
    except FileNotFoundError as error:
        if batch.original_wiped_at is not None:
            raise NotFoundError(
                f"原文件已过保存期限，{timezone.localtime(batch.original_wiped_at):%Y-%m-%d}清除，不能再下载；要用请向填报人索取。",
                cure="The stored original was wiped when its time was over.",
            ) from error
        raise NotFoundError(
            "找不到上传的原文件，请重新上传。", cure="The stored original is gone. Upload it again."
        ) from error


@contextmanager
def original_as_file(batch: UploadBatch) -> Iterator[Path]:
    """Yield the path of the decrypted file while the context lasts; other processes of ours can open it."""
    with bytes_as_file(original_bytes(batch)) as path:
        yield path


@contextmanager
def bytes_as_file(data: bytes) -> Iterator[Path]:
    """Yield the path of a file with these bytes while the context lasts; other processes of ours can open it.

    The file is in memory, so that a killed process leaves no plain copy on the disk.
    """
    with open(os.memfd_create("original"), "w+b") as file:
        file.write(data)
        file.flush()
        yield Path(f"/proc/{os.getpid()}/fd/{file.fileno()}")
