"""The table of translations: which endpoint can be served by which other one, and who does that."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from gateway.dialects.responses_over_chat import request as responses_over_chat
from gateway.dialects.responses_over_chat.answers import ResponsesAnswers
from gateway.dialects.translation import Answers, Translated
from router.names import Endpoint

Fields = Mapping[str, object]


class Pair(NamedTuple):
    """How the requests of one endpoint are put to another one, and who brings the answer to such a request, of that id, back."""

    translated: Callable[[Fields], Translated]
    answers: Callable[[Fields, str], Answers]


TRANSLATIONS: Mapping[tuple[Endpoint, Endpoint], Pair] = MappingProxyType(
    {
        ("responses", "chat"): Pair(responses_over_chat.translated, ResponsesAnswers),
    }
)
"""By the endpoint that was called, and the one that the target speaks."""
