"""The table of translations: which endpoint can be served by which other one, and who does that."""

from collections.abc import Callable, Mapping
from time import time
from types import MappingProxyType
from typing import NamedTuple

from gateway.dialects.chat_over_messages import request as chat_over_messages
from gateway.dialects.chat_over_messages.answers import ChatAnswers
from gateway.dialects.count_over_tokenize import request as count_over_tokenize
from gateway.dialects.count_over_tokenize.answers import CountAnswers
from gateway.dialects.messages_over_chat import request as messages_over_chat
from gateway.dialects.messages_over_chat.answers import MessagesAnswers
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
        ("messages", "chat"): Pair(messages_over_chat.translated, MessagesAnswers),
        ("chat", "messages"): Pair(chat_over_messages.translated, lambda asked, request_id: ChatAnswers(asked, request_id, int(time()))),
        ("count_tokens", "tokenize"): Pair(count_over_tokenize.translated, CountAnswers),
    }
)
"""By the endpoint that was called, and the one that the target speaks."""
