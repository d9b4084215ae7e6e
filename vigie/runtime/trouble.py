"""What stops a command: one sentence for the person at the keyboard, never a traceback."""


class Trouble(Exception):
    """What happened and what to do, in one sentence; the command line prints it and leaves with `code`."""

    def __init__(self, sentence: str, code: int = 1) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code
