"""The model field of a personal value."""

from __future__ import annotations

from typing import Any

from django.core import checks
from django.db import models
from django.db.models.query_utils import DeferredAttribute

from changzhi_portal.personal.sealing import Place
from changzhi_portal.personal.values import Sealed


def place_of(model: type[models.Model] | models.Model, attname: str, ref: str) -> Place:
    """Return where the value of a column of one record is stored; the record is told by its `ref`."""
    return Place(f"{model._meta.label_lower}.{attname}/{ref}")


def holds_personal_data(model: type[models.Model]) -> bool:
    """Return whether records of the model hold an ID number or a phone."""
    return any(isinstance(field, SealedField) for field in model._meta.concrete_fields)


class _SealedAttribute(DeferredAttribute):
    """Descriptor that tells a value read from the database which record it belongs to, and takes plain text."""

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is None:
            return self
        name = self.field.attname
        value = instance.__dict__[name] if name in instance.__dict__ else super().__get__(instance, cls)
        if isinstance(value, Sealed) and value.lacks_place:
            value.stands_at(place_of(instance, name, instance.ref))
        return value

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.attname] = self.field.to_python(value) if isinstance(value, str) else value


class SealedField(models.TextField):
    """A column of ciphertext whose Python value is a `Sealed` or None. `kind` chooses the mask.

    The ciphertext is bound to model, column and `ref` of the record, so only a `Record` may have such a column.
    A value is stored by saving an instance; an UPDATE of a queryset, which does not know the rows, raises ValueError.
    Rows of `values()` have values without a place: `Sealed.stands_at` tells it to them before they are shown.
    """

    descriptor_class = _SealedAttribute
    empty_strings_allowed = False  # a missing value is None, not ""

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        self.kind = kind
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        """Include `kind` in migrations."""
        name, _, args, kwargs = super().deconstruct()
        return name, "changzhi_portal.personal.SealedField", args, {**kwargs, "kind": self.kind}

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        """Refuse a model without a `ref`, to which the ciphertext is bound."""
        found = super().check(**kwargs)
        if not any(field.name == "ref" for field in self.model._meta.concrete_fields):
            found.append(checks.Error("A SealedField needs a model with a ref.", obj=self, id="personal.E001"))
        return found

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Sealed | None:
        """Wrap the stored token; it is decrypted when the value is used."""
        return None if value is None else Sealed(self.kind, token=value)

    def to_python(self, value: Any) -> Sealed | None:
        """Accept plain text from forms and factories."""
        if value is None or isinstance(value, Sealed):
            return value
        return Sealed(self.kind, plain=str(value)) if value else None

    def pre_save(self, model_instance: Any, add: bool) -> Sealed | None:
        """Return the value encrypted for its record; what stands there already under the newest key stays as it is."""
        value = self.to_python(getattr(model_instance, self.attname))
        if value is not None:
            value = value.at(place_of(model_instance, self.attname, model_instance.ref))
            model_instance.__dict__[self.attname] = value
        return value

    def get_prep_value(self, value: Any) -> str | None:
        """Return the ciphertext to store. Raises ValueError for a value that was not encrypted for a place."""
        if value is None:
            return None
        if not isinstance(value, Sealed):
            raise ValueError("A personal value is stored by saving its record, which it is encrypted for.")
        return value.stored

    def value_to_string(self, obj: Any) -> str:
        """Return the ciphertext, for serializers."""
        value = self.pre_save(obj, False)
        return "" if value is None else value.stored
