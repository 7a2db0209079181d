"""Names that the words right before them tell, whatever the model thinks of them, in English, German, French and Spanish.

`Dear Reuben`, `Dr. Anya`, `my sister Wen`, `my name is anouk`, `Regards,` and a name on the next line; and what somebody's own
firm is called.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from classifiers.scan import linear


class Told(NamedTuple):
    """Character offsets. A firm, or a person."""

    start: int
    end: int
    is_firm: bool


_CAPITAL: Final = r"[^\W\d_a-zß-öø-ÿ]"
_ONE: Final = rf"{_CAPITAL}['’]?[^\W\d_]{{1,30}}(?:[-'’][^\W\d_]{{2,30}})?"
_NAME: Final = rf"({_ONE}(?: (?:{_CAPITAL}\. )?{_ONE}){{0,2}})"
_WORD: Final = re.compile(r"[^\W\d_]+")
_ENDS: Final = r"(?=[ \t]*(?:[,!.;)\n]|$))"

_KIN: Final = (
    r"wife|husband|partner|fianc[ée]e?|girlfriend|boyfriend|mother|father|mom|mum|dad|daughter|son|sister|brother|aunt|uncle|niece|nephew|cousin|"
    r"grand(?:mother|father|ma|pa|son|daughter)|step(?:mother|father|son|daughter)|roommate|flatmate|friend|colleague|co-?worker|boss|manager|"
    r"supervisor|teacher|tutor|therapist|neighbou?r|landlord|landlady|assistant"
)
_KIN_DE: Final = (
    r"Frau|Mann|Ehefrau|Ehemann|Freundin|Freund|Mutter|Vater|Mama|Papa|Tochter|Sohn|Schwester|Bruder|Tante|Onkel|Nichte|Neffen?|Cousine?|Oma|Opa|"
    r"Kollegin|Kollegen?|Chefin|Chef|Lehrerin|Lehrer|Nachbarin|Nachbarn?|Vermieterin|Vermieter|Mitbewohnerin|Mitbewohner"
)
_KIN_FR: Final = (
    r"femme|mari|épouse|époux|compagne|compagnon|copine|copain|mère|père|maman|papa|fille|fils|sœur|soeur|frère|tante|oncle|nièce|neveu|cousine?|"
    r"collègue|amie?|patronn?e?|voisine?|professeure?"
)
_KIN_ES: Final = (
    r"esposa|esposo|mujer|marido|novia|novio|madre|padre|mamá|papá|hija|hijo|hermana|hermano|tía|tío|sobrina|sobrino|prima|primo|abuela|abuelo|"
    r"amiga|amigo|compañera|compañero|jefa|jefe|vecina|vecino|profesora?"
)
_ROLES_DE: Final = (
    r"(?:Bundes)?(?:[Pp]räsident|[Kk]anzler)(?:in)?|(?:Minister|Außen|Innen|Finanz|Verteidigungs|Justiz)?(?:[Mm]inister|präsident)(?:in)?|Bürgermeister(?:in)?|"
    r"Oberbürgermeister(?:in)?|(?:Abgeordnete|Vorsitzende)r?|(?:Direktor|Geschäftsführer|Leiter|Sprecher|Trainer|Torwart|Torhüter|Stürmer|Verteidiger|"
    r"Regisseur|Schauspieler|Sänger|Musiker|Komponist|Dirigent|Pianist|Gitarrist|Schlagzeuger|Produzent|Autor|Schriftsteller|Dichter|Maler|Künstler|"
    r"Architekt|Bildhauer|Fotograf|Journalist|Moderator|Redakteur|Historiker|Philosoph|Physiker|Chemiker|Biologe|Richter|Staatsanwalt|Rechtsanwalt|"
    r"Pfarrer|Bischof|Erzbischof|Kardinal|König|Herzog|Fürst|Prinz|Kurfürst|Kommissar|Politiker|Unternehmer|Ingenieur|Professor|Lehrer)(?:in)?|"
    r"Papst|Kaiser(?:in)?|Graf|Gräfin|Prinzessin|Freiherr|Zar|Oberst|Hauptmann|Leutnant|Feldmarschall|Ehemann|Ehefrau|Sohn|Tochter|Bruder|Schwester|"
    r"sagte?|erklärte?|meinte|betonte|kritisierte|berichtete|erzählte|antwortete|ergänzte"
)
_RELATIVE: Final = (
    rf"(?:[Mm]y|[Oo]ur|[Hh]is|[Hh]er) (?:[a-z]+ )?(?:{_KIN})|(?:[Mm]eine?|[Uu]nsere?)[mnrs]? (?:{_KIN_DE})|"
    rf"(?:[Mm]on|[Mm]a|[Nn]otre) (?:{_KIN_FR})|(?:[Mm]i|[Nn]uestr[oa]) (?:{_KIN_ES})"
)
_IS_CALLED: Final = (
    r"(?:my|his|her) (?:(?:full|first|last) )?name(?:['’]?s| is)|ich heiße|mein name ist|je m['’]appelle|mon nom est|me llamo|mi nombre es"
)
_FIRMS: Final = r"company|business|firm|start-?up|brand|shop|store|agency|restaurant|website|organi[sz]ation|school|clinic|practice"

_TELLS: Final[tuple[tuple[str, str], ...]] = (
    (r"(?i:dear|dearest|liebe[rs]?|ch(?:er|ère)|querid[oa]|estimad[oa])", rf" {_NAME}"),
    (r"(?i:hi|hello|hey|hallo|bonjour|salut|hola)", rf",? {_NAME}{_ENDS}"),
    (r"(?:M(?:r|rs|s|x)|Miss|Dr|Prof|Herrn?|Frau|Mme|Mlle|Monsieur|Madame|Sra|Srta|Señora?)", rf"(?:\. ?| ){_NAME}"),
    (
        f"(?:{_RELATIVE})",
        rf",?(?: named| called| is| namens| heißt| qui s['’]appelle| que se llama)? {_NAME}",
    ),
    (rf"(?:{_ROLES_DE})", rf" {_NAME}"),
    (
        f"(?i:{_IS_CALLED})",
        rf":? (?:{_NAME}|([^\W\d_]{{3,20}}){_ENDS})",
    ),
    (
        r"(?i:regards|sincerely|yours truly|yours faithfully|best wishes|cheers|grüßen|grüße|gruß|cordialement|saludos|atentamente)",
        rf"[,.!]?[ \t]{{0,4}}\n\s{{0,8}}{_NAME}(?=[ \t]*(?:[,\n]|$))",
    ),
    (
        rf"(?i:(?:my|our) (?:[\w-]+ ){{0,2}}(?:{_FIRMS}))",
        rf",?(?: (?:is )?(?:called|named)| name is) [\"'“]?([^\W_][\w&.-]{{1,30}})|,? ?\(\"?({_CAPITAL}[\w&. -]{{1,40}})\"?\)",
    ),
)
"""What tells a name, in re2's syntax and without groups that count, and what it looks like behind it. The last one tells firms."""

_TELL: Final = linear(rf"\b(?:{'|'.join(f'({tell})' for tell, _ in _TELLS)})")
_THEN: Final = tuple(re.compile(then) for _, then in _TELLS)
_FIRM: Final = len(_TELLS) - 1

_NOBODY: Final = frozenset(
    """
sir sirs madam madams maam all team teams hiring customer customers client clients friend friends
colleague colleagues everyone everybody
ladies gentlemen lord god diary santa editor professor prof doctor dr mr mrs ms miss teacher manager student students parent parents valued
guest guests member members recruiter user users reader readers applicant candidate admin support service sales office department committee
board president minister chairman director officer judge future self world there guys folks google siri alexa chatgpt gpt claude gemini
assistant bot ai kitty universe america human resources relations your name the this that these those my our we you he she it they and but
or so if in on at for from with about not no yes i im please thanks thank
what why how when where who which can could would should is are was
were do does did will because then now also just a an to as of
monday tuesday wednesday thursday friday saturday sunday january february march april june july august september october november december
damen herren herr herrn frau doktor kollegen kolleginnen kollege kollegin kunde kunden kundin leser leserinnen gäste freunde freund freundin
eltern kinder familie team mitglieder nachbarn bürger genossen welt präsident präsidentin minister ministerin kanzler kanzlerin
bundeskanzler bundeskanzlerin bundespräsident vorsitzende vorsitzender richter richterin direktor bürgermeister oberbürgermeister pfarrer
professorin vorstand anwalt gott leben schuld nein ja ich wir sie das die der und aber
monsieur madame mademoiselle messieurs mesdames client clients amis ami amie collègue collègues tous toutes lecteurs le la les un une je
vous nous président ministre maire directeur
señor señora señores señoras señorita equipo cliente clientes amigo amiga amigos amigas compañeros todos todas lector mundo el los las
presidente ministro doctora profesora
""".split()
)
"""Words that are greeted, or that a sentence goes on with, and that name nobody."""


def told(text: str) -> Iterator[Told]:
    """The names, in the order of the text. Time grows with its length."""
    for tell in _TELL.finditer(text):
        kind = tell.lastindex - 1
        name = _THEN[kind].match(text, tell.end())
        if name is None:
            continue
        start, end = name.span(name.lastindex or 0)
        nobody = next((word for word in _WORD.finditer(text, start, end) if word.group().lower() in _NOBODY), None)
        end = end if nobody is None else nobody.start()
        if start < end:
            yield Told(start, start + len(text[start:end].rstrip()), kind == _FIRM)
