"""What goes wrong because of what a person did or gave; every such error carries one sentence for that person."""


class PortalError(Exception):
    """A refusal a user can act on.

    `str(error)` is one Chinese sentence saying what is wrong and what to do; pages show it as it stands.
    `cure` is the same in English for operators on the command line, where it differs.
    """

    def __init__(self, message: str, *, cure: str = "") -> None:
        super().__init__(message)
        self.cure = cure or message
