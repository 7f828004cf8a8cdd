"""What a person is told who asks for something that cannot be done."""


class Refused(Exception):
    """It cannot be done; the message says why and what to do."""
