"""The same ask, said a little differently: what should not change where it goes.

Each kind takes a text and dice and gives another text with the same meaning: `typos`, `case`, `white space`, `paraphrase` (the ask in a
sentence of another form) and `frame` (harmless words around it).
"""

import random
from collections.abc import Callable, Mapping

FRAMES = (
    "Hi! {}",
    "Hello, I have a question. {}",
    "{}\n\nThanks in advance!",
    "Please help me with this:\n\n{}",
    "{} Please.",
    "Quick question: {}",
    "I was wondering about the following. {} Thank you!",
    '"""\n{}\n"""',
)
PARAPHRASES = (
    "Could you answer this for me? {}",
    "I need an answer to the following: {}",
    "Here is what I would like to know: {}",
    "Tell me: {}",
    "My question is this: {}",
    "Give me a good answer: {}",
)


def typos(text: str, dice: random.Random) -> str:
    """One word in twenty has two letters swapped, one dropped or one doubled; at least one word where there is a long one."""
    words = text.split(" ")
    long = [at for at, word in enumerate(words) if len(word) > 3 and word.isalpha()]
    for at in dice.sample(long, min(len(long), max(1, len(words) // 20))):
        word = words[at]
        where = dice.randrange(1, len(word) - 1)
        kind = dice.randrange(3)
        if kind == 0:
            word = word[:where] + word[where + 1] + word[where] + word[where + 2 :]
        else:
            word = word[:where] + (word[where] * 2 if kind == 1 else "") + word[where + 1 :]
        words[at] = word
    return " ".join(words)


def case(text: str, dice: random.Random) -> str:
    """All in lower case, all in capitals, or each word with a capital."""
    return dice.choice((str.lower, str.upper, str.title))(text)


def white_space(text: str, dice: random.Random) -> str:
    """Some spaces doubled, blank lines and spaces at both ends."""
    spaced = "".join(char * 2 if char == " " and dice.random() < 0.2 else char for char in text)
    return f"\n\n  {spaced}\n "


def paraphrase(text: str, dice: random.Random) -> str:
    """The ask behind another sentence."""
    return dice.choice(PARAPHRASES).format(text)


def frame(text: str, dice: random.Random) -> str:
    """Greetings, thanks or quotation marks around it."""
    return dice.choice(FRAMES).format(text)


KINDS: Mapping[str, Callable[[str, random.Random], str]] = {
    "typos": typos,
    "case": case,
    "white space": white_space,
    "paraphrase": paraphrase,
    "frame": frame,
}
