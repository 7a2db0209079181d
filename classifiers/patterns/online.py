"""Names that people have on the network: after a word for one, in the address of a profile, with an at sign beside such a word."""
# ruff: noqa: E501 - a pattern stays on one line: broken in two it is harder to read than long

from classifiers.scan import Row

_WORDS = r"user[ _-]?(?:name|id)|screen[ _-]?name|nick(?:name)?|login(?: name| id)?|gamer ?tag|benutzer(?:name|kennung)|nom d.utilisateur|identifiant|pseudo|nombre de usuario|usuario|nome utente|gebruikersnaam|användarnamn"
_MESSENGERS = r"handle|skype(?: id)?|telegram|discord|instagram|insta|snapchat|tik ?tok|wechat(?: id)?|weixin|line id|twitter|mastodon|xbox live|psn(?: id)?|steam(?: id)?"
_NETWORKS = r"twitter|x\.com|insta\w*|snap\w*|tik ?tok|telegram|mastodon|bluesky|threads|follow\w*|dm\b|tweet\w*|tag(?:ged)? me|user ?name|account|profile|mention\w*|post(?:ed)? by|@ me|suiv\w+|folg\w+|sígu\w+|sigue\w*"
_PROFILES = (
    r"linkedin\.com/in/|(?:facebook|fb)\.com/(?:profile\.php\?id=)?|instagram\.com/|(?:twitter|x)\.com/|tiktok\.com/@|t\.me/|snapchat\.com/add/|reddit\.com/u(?:ser)?/|threads\.net/@|bsky\.app/profile/|vk\.com/|"
    r"medium\.com/@|youtube\.com/@|twitch\.tv/|steamcommunity\.com/(?:id|profiles)/|xing\.com/profile/|wa\.me/|pinterest\.com/|orcid\.org/"
)
_NAME = r"@?[A-Za-z0-9_](?:[\w.-]{1,38}\w)"


def rows() -> tuple[Row, ...]:
    """All of them are `username`."""
    return (
        Row(
            "username",
            rf"(?i)(?:^|[^A-Za-z0-9])(?:{_WORDS})[\"']?(?: ?[:=]| is:?| ist| est| es)[ \"'`(]{{0,3}}({_NAME})",
            _is_name,
            confidence=0.85,
            gate=rf"(?i)(?:{_WORDS})[\"']?(?: ?[:=]| is| ist| es)",
        ),
        Row("username", rf"(?i)(?:^|[^A-Za-z0-9])(?:{_MESSENGERS})(?: (?:name|id|account|user))?(?: ?:|[\"'] ?: ?| is| ist| est| es)[ \"'`(]{{0,3}}({_NAME})", _is_no_word, confidence=0.85, gate=rf"(?i)(?:{_MESSENGERS})(?: (?:name|id|account|user))?[\"']?(?: ?:| is| es)"),
        Row("username", r"(?i)[\"'](?:\w{1,12}_)?(?:user|login|account)[\"'] ?[:=] ?[\"']([\w.-]{4,39})[\"']", _is_made_of_more, confidence=0.8, gate=r"(?i)(?:user|login|account)[\"'] ?[:=] ?[\"']\w"),
        Row("username", rf"(?i)(?:{_PROFILES})({_NAME})", _is_person, confidence=0.85, fits=_is_whole, gate=rf"(?i)(?:{_PROFILES})[a-z0-9_@]"),
        Row("username", r"(?:^|[\s(\"':,])(@[A-Za-z_]\w{2,29})\b", _is_handle, _NETWORKS, confidence=0.8, gate="@"),
    )  # fmt: skip


_NO_NAMES = frozenset(
    {
        "the", "not", "and", "a", "an", "your", "my", "his", "her", "their", "this", "that", "required", "invalid", "string", "str", "null", "none", "true", "false", "admin", "root", "user", "username", "password", "token", "secret", "key", "pass",
        "name", "test", "example", "optional", "unique", "used", "already", "taken", "unknown", "empty", "int", "varchar", "text", "value", "input", "self", "req", "request", "data", "os", "process", "env",
        "available", "incorrect", "wrong", "something", "anything", "one", "no", "in", "on", "to", "for", "of", "it", "all", "what", "how", "when", "where", "who", "very", "so", "also", "only", "valid",
        "home", "about", "login", "share", "sharer", "intent", "explore", "pages", "groups", "watch", "search", "hashtag", "p", "reel", "tv", "events", "company", "help", "privacy", "settings", "nicht", "der", "die", "das", "el", "la", "le", "un", "une", "ein", "eine",
    }
)  # fmt: skip


def _is_name(value: str) -> bool:
    """No placeholder, no word of a sentence: a small word alone is a name only when it has a digit, a dot or a dash, or is long enough."""
    name = value.removeprefix("@").lower()
    return (
        name not in _NO_NAMES
        and not name.startswith(("your", "user.", "self.", "req.", "process.", "os.", "str", "my_", "example", "test"))
        and len(name) >= 3
        and not name.isdigit()
    )


def _is_no_word(value: str) -> bool:
    """`telegram is often used`: after a messenger's name a word alone says nothing; a sign or a digit in it does."""
    return _is_name(value) and not value.isalpha()


def _is_whole(before: str, after: str) -> bool:
    """Not the address of a message in a channel, which goes on with its number."""
    return not (before.lower().endswith("t.me/") and after[:1] == "/" and after[1:2].isdigit())


def _is_person(value: str) -> bool:
    return value.removeprefix("@").lower() not in _NO_NAMES


def _is_made_of_more(value: str) -> bool:
    """A name with digits at its end, or in two parts: not a role, a type or the name of a service."""
    return _is_name(value) and any(map(str.isdigit, value[2:])) and not value.isdigit()


def _is_handle(value: str) -> bool:
    return value[1:].lower() not in _NO_NAMES and value[1:].lower() not in _CODE


_CODE = frozenset({"property", "param", "returns", "return", "override", "staticmethod", "classmethod", "dataclass", "pytest", "app", "media", "import", "types", "angular", "babel", "vue", "everyone", "here", "channel", "todo", "author", "since", "deprecated", "see", "throws", "gmail", "email"})  # fmt: skip
