"""What a person who asks for something of the ledger can mend."""


class Unanswerable(ValueError):
    """What was asked makes no sense of this folder, key or head. The message says what to do, and repeats no secret."""
