"""What a person's turn says when all that was put around it by programs is taken away: `stripped`.

Coding agents, editors and templates wrap what a person asks into tags, reminders, role descriptions and whole files. The names below are
those that they write. Bounded: of a long turn only its beginning and its end are looked at, so that any turn takes the same short time.
"""
# ruff: noqa: E501 - a table of names stays as it is

import re
from collections.abc import Mapping

MOST = 32_000
"""Characters of a turn that are looked at: half of them from its beginning, half from its end."""
PLAIN = 600
"""Characters up to which a turn without a tag and without a known opening is taken as it is."""
KEPT = 400
"""Characters that are kept of pasted material: enough to see what it is. What is asked about it stands beside it."""

_ASKS = ("user_query", "userRequest", "user_request", "user_message", "user-message", "user_prompt", "task", "question", "query")
"""Tags around what the person wrote: nothing beside them is theirs. The last one counts."""

_BLOCKS: Mapping[str, int] = {
    **dict.fromkeys(
        (
            "system-reminder system_reminder system-notification system_notification environment_details environment_context environment_info "
            "env environment user_info user_instructions custom_instructions instructions rules user_rules always_applied_workspace_rules "
            "workspace_info workspace_context project_layout project_structure repository_overview open_and_recently_viewed_files "
            "recently_viewed_files additional_data additional_context git_status gitStatus reminder reminderInstructions reminder_instructions "
            "toolUseInstructions tool_use_instructions available_tools tools editorContext editor_context ide_selection ide_opened_file "
            "ide_state cursor_position command-name command-message command-args local-command-stdout local-command-stderr "
            "local-command-caveat bash-input bash-stdout bash-stderr tool_result tool_results tool_response function_results function_result "
            "observation userMemory memory repoMemory todo_list todos session conversation_history previous_conversation permissions"
        ).split(),
        0,
    ),
    **dict.fromkeys(
        (
            "attached_files attached-files attachments attachment context contexts document documents doc file files file_content file_contents "
            "fileContents code code_snippet code_selection source sources search_results webpage article transcript manually_attached_files "
            "current_file linter_errors diff pasted_content paste data"
        ).split(),
        KEPT,
    ),
}
"""How many characters are kept of what stands between such tags."""

_OPEN = re.compile(rf"<({'|'.join(sorted(_BLOCKS, key=len, reverse=True))})(?:\s[^<>]{{0,200}})?>", re.IGNORECASE)
_KEPT_OF = {name.lower(): kept for name, kept in _BLOCKS.items()}
_MOST_TAGS = 64

_OPENINGS = (
    *(
        "You are ",
        "you are ",
        "You're ",
        "Act as ",
        "act as ",
        "Du bist ",
        "Sie sind ",
        "Tu es ",
        "Vous êtes ",
        "Eres ",
        "Below is an instruct",
    ),
    *("[", "#", "OBSERVATION", "Observation", "EXECUTION RESULT", "Tool result", "Tool output", "Output of ", "Result of "),
)
"""How turns begin that may hold more than an ask."""
_FIRST = frozenset(opening[0] for opening in _OPENINGS)

_RESULT = re.compile(
    r"\[[\w.-]{2,40}(?: for '[^'\n]{0,400}')?\] Result:|\[ERROR\] You did not use a tool|OBSERVATION:|Observation: |EXECUTION RESULT of|"
    r"Tool (?:result|output)s?:|(?:Output|Result) of (?:the )?(?:tool|command)\b|\[Request interrupted by user|<returncode>|"
    r"This session is being continued from a previous conversation"
)
"""How turns begin that a program wrote in the person's name: what a tool returned, and what the harness has to say."""

_TEMPLATE = re.compile(r"(?s)\A(?:Below is an instruct[^\n]{0,300}\n+)?### ?Instruction:?\s*\n(.*?)(?:\n### ?Response:?\s*)?\Z")
"""The frame that instruction-tuned models were trained on."""

_ROLE = re.compile(
    r"(?:You are|you are|You're|Act as|act as|Du bist|Sie sind|Tu es|Vous êtes|Eres) (?:now |nun |maintenant )?(?:ChatGPT|GPT|Claude|Qwen|Llama|Gemini|Mistral|DeepSeek"
    r"|(?:an?|the|my|ein|eine|un|une|una) [^.!?\n]{0,60}?\b(?i:AI|assistant\w*|asistente|expert\w*|experto|chat ?bot|bot|agent|model|engineer|developer|programmer|coder"
    r"|writer|editor|author|tutor|teacher|translator|analyst|specialist|consultant|advisor|professional|scientist|researcher|reviewer|architect|designer"
    r"|Entwickler\w*|Übersetzer\w*|Lehrer\w*|Experte|Expertin|traducteur|développeur|traductor|desarrollador)\b)"
)
_ENDS = re.compile(r"[.!]\s+(?=\S)")
_CHOICES = re.compile(r"\(?A[.):]\s")
_LEAST_ASK = 8
"""Characters that must be left for what stands before them to be a preamble. Otherwise it is the ask."""

_ANNOUNCES = re.compile(
    r"(?i)\b(?:this|these|the following|the below|my|our|the|dies\w*|folgende\w*|ce|cet|cette|le|la|este|esta|el) (?:\w+ ){0,3}(?:text|article|document|file|code|function|class"
    r"|script|log|logs|output|e-?mail|mail|message|letter|report|paper|abstract|essay|story|transcript|passage|paragraph|review|page|contract|conversation"
    r"|chat|notes|csv|json|xml|html|diff|patch|config|configuration|texte|fichier|texto|archivo|datei|artikel|bericht|vertrag|brief):$"
)
"""How a line ends behind which a text is pasted. A puzzle or a list of conditions behind a colon is the ask itself."""
_ANNOUNCED = 200
"""Characters at the end of a line that are looked at for that."""
_LONG = 2_000
_REPEATED = 200
"""Characters that two turns must begin with alike for that to be the preamble of a program, which repeats itself as no person does."""


def stripped(text: str) -> str:
    """What the turn asks; empty when a program wrote all of it."""
    if len(text) <= PLAIN and "<" not in text and (text[:1] not in _FIRST or not text.startswith(_OPENINGS)):
        return text
    if len(text) > MOST:
        text = f"{text[: MOST // 2]}\n{text[-MOST // 2 :]}"
    text = text.strip()
    if _RESULT.match(text):
        return ""
    if "<" in text:
        text = _without_blocks(_inside(text))
    if "`" in text and "```" in text:  # the search for one character takes a twentieth of the time
        text = _with_short_fences(text)
    if framed := _TEMPLATE.match(text):
        text = framed[1]
    return _without_paste(_without_role(text.strip()))


def without_repetition(text: str, before: str) -> str:
    """A turn without the lines that it begins with like the one `before` it, if those are many."""
    if len(text) <= _REPEATED or not before.startswith(text[:_REPEATED]) or text == before:
        return text
    at, most = _REPEATED, min(len(text), len(before))
    while at < most and text[at : at + 64] == before[at : at + 64]:
        at += 64
    while at < most and text[at] == before[at]:
        at += 1
    fresh = text[text.rfind("\n", 0, at) + 1 :] if at < len(text) else ""
    return fresh if fresh.strip() else text


def _inside(text: str) -> str:
    """What the last tag holds that says: this is the ask. All of the text if there is none."""
    for name in _ASKS:
        end = text.rfind(f"</{name}>")
        start = text.rfind(f"<{name}>", 0, end) if end > 0 else -1
        if start >= 0:
            return text[start + len(name) + 2 : end]
    return text


def _without_blocks(text: str) -> str:
    pieces: list[str] = []
    open_ended: set[str] = set()
    at = 0
    for _ in range(_MOST_TAGS):
        opened = _OPEN.search(text, at)
        if opened is None:
            break
        name = opened[1]
        end = -1 if name in open_ended else text.find(f"</{name}>", opened.end())
        if end < 0:  # cut off, or no block at all
            open_ended.add(name)
            pieces.append(text[at : opened.end()])
            at = opened.end()
            continue
        pieces += (text[at : opened.start()], text[opened.end() : end][: _KEPT_OF[name.lower()]])
        at = end + len(name) + 3
    return "".join([*pieces, text[at:]])


def _with_short_fences(text: str) -> str:
    pieces = text.split("```")
    return "```".join([piece[:KEPT] if place % 2 and len(piece) > KEPT else piece for place, piece in enumerate(pieces)])


def _without_role(text: str) -> str:
    """Without the paragraph, or else the sentence, in front that says who the model is."""
    if not _ROLE.match(text):
        return text
    paragraph, _, rest = text.partition("\n")
    if len(rest := rest.strip()) >= _LEAST_ASK and "?" not in paragraph and not _CHOICES.match(rest):
        return rest
    ended = _ENDS.search(paragraph)
    return text[ended.end() :] if ended and len(paragraph) - ended.end() >= _LEAST_ASK else text


def _without_paste(text: str) -> str:
    """Of a long turn whose first line announces a text, that line and the beginning of the text."""
    end = text.find("\n") if len(text) > _LONG else -1
    if end < 0:
        return text
    said = text[max(0, end - _ANNOUNCED) : end].rstrip()
    return text[: end + 1 + KEPT] if said.endswith(":") and _ANNOUNCES.search(said) else text
