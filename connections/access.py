"""What a token allows: the rights of its scopes and of the role together, in the area of its client."""

from __future__ import annotations

from typing import Any

from accounts.models import Role, User
from connections.models import ApiToken
from connections.scopes import BY_NAME, rights_of

_ASKED = ("may_", "manages_")


class LimitedRole:
    """The role of a client in one call: of its rights those alone that the token's scopes grant.

    It is equal to no `Role`, so that code which asks for a role by name takes it for none.
    """

    def __init__(self, role: Role, rights: frozenset[str]) -> None:
        self._role, self._rights = role, rights

    def __getattr__(self, name: str) -> Any:
        """Return whether a right is granted; False for every right that no scope names. Other attributes are the role's."""
        if name.startswith("__"):
            raise AttributeError(name)
        if name.startswith(_ASKED):
            held = getattr(self._role, name)  # an unknown name is an error, as of a role
            return bool(held) and name in self._rights
        return getattr(self._role, name)

    def __str__(self) -> str:
        return str(self._role)

    def __repr__(self) -> str:
        return f"<{self._role.value}: {', '.join(sorted(self._rights))}>"


class TokenAccess:
    """A token in use (`changzhi_portal.api.access.Access`)."""

    def __init__(self, token: ApiToken) -> None:
        self.token = token

    @property
    def token_ref(self) -> str:
        """Return the public part of the token."""
        return self.token.public

    @property
    def scopes(self) -> frozenset[str]:
        """Return the names of its scopes."""
        return frozenset(self.token.scope_names)

    @property
    def purpose(self) -> str:
        """Return what the client needs the data for."""
        return self.token.client.purpose

    def title_of(self, scope: str) -> str:
        """Return what people call a scope."""
        return BY_NAME[scope].title if scope in BY_NAME else scope

    @property
    def user(self) -> User:
        """Return the user that acts for the client, limited to what the token allows. It must not be saved."""
        user = self.token.client.user
        user.__dict__["role"] = LimitedRole(Role(user.role), rights_of(self.scopes))
        return user
