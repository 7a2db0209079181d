"""Whether a text speaks of somebody's own affairs: an employer, a home, an application, a letter. In four languages, by words.

A firm or a town is common knowledge; the firm that somebody works for and the town that somebody lives in are not. `tells` says which of
the two a place or an organisation is, from the words around it and from those at both ends of the text, where people say what they want.
"""

import itertools
import re
from collections.abc import Callable, Sequence
from typing import Final

NEAR, ENDS = 200, 300
"""Characters around a name, and at the beginning and the end of a text."""

MOST: Final = 250
"""Stretches of `NEAR` characters that are looked at."""

_ALONE: Final = frozenset(
    """
dear hi regards sincerely kindly attached enclosed memo reminder appeal complaint resume résumé cv curriculum internship scholarship vacancy
proposal quotation supplier suppliers vendor vendors slogan landlord tenant coworker
memos reminders appeals complaints resumes résumés cvs internships scholarships vacancies proposals quotations slogans landlords
tenants coworkers recruiter recruiters recruitment freelancer freelancers franchisee tagline taglines advert adverts payslip payslips
payroll reimbursement subcontractor subcontractors
paraphrase rephrase proofread reword umformulieren umformuliere reformule reformulez reformula
bewerbung bewerbungsschreiben lebenslauf anschreiben arbeitszeugnis motivationsschreiben anbei arbeitgeber vermieter
cordialement veuillez courriel
estimado estimada estimados estimadas atentamente currículum adjunto adjunta casero
""".split()
)
"""Words of letters, applications and business, which stand in no general question."""

_PAIRS: Final = frozenset(
    pair.strip()
    for pair in """
cover letter, a letter, the letter, this letter, letter to, letter for, letter of, an email, the email, this email, formal email, email
to, email from, email for, email template, e mail, mail to, a mail, a reply, reply to, respond to, hello team, hello everyone, hello all,
hello sir, hope you, hope this, thank you, thanks for, please find, please note, please confirm, please advise, please let, as discussed,
as per, follow up, following up, minutes of, you know, job application, job description, job offer, job offers, job interview, job
position, job title, job posting, job at, job in, role at, role as, role of, position of, position at, position as, position in, position
is, post of, hiring manager, is hiring, are hiring, application for, apply for, applied for, applying for, personal statement, of purpose,
business plan, business proposal, business name, business idea, business case, marketing plan, marketing strategy, advertising plan, press
release, product description, product descriptions, market research, shipping policy, return policy, refund policy, the company, a
company, this company, your company, company called, company named, company is, who we, about us, behalf of, sehr geehrte, sehr geehrter,
sehr geehrtes, liebe frau, lieber herr, liebes team, liebe kollegen, mit freundlichen, viele grüße, beste grüße, de motivation, ci joint,
job offering, job offerings, job opening, job openings, job applications, job ad, job advert, jobs in, jobs at, jobs from, careers at,
year old, contact details, contact information, email addresses, email contacts, phone numbers,
near me, shop now, shop today, order now, order today, call us, contact us, visit us, join us, book now, best deals, special offer,
rewrite this, rewrite the, rewrite my, improve this, improve my, correct this, correct my, polish this, edit this, edit my, translate this,
check this, fix my, summarize this, this email, this message, this paragraph, following email, following message, following paragraph,
diesen text, diese nachricht, diese mail, ce texte, ce message, ce mail, este texto, este mensaje, este correo,
ci jointe, de presentación, un saludo, saludos cordiales, correo a
""".replace("\n", " ").split(",")
)

_BEFORE: Final[Sequence[tuple[frozenset[str], frozenset[str], int]]] = tuple(
    (frozenset(first.split()), frozenset(then.split()), reach)
    for first, then, reach in (
        (
            """
my our mein meine meinem meinen meiner meines unser unsere unserem unseren unserer mon ma mes notre nos mi mis nuestro nuestra nuestros
nuestras
""",
            """
company business firm employer employers job jobs work team school university college studies degree office department boss manager
managers colleague
colleagues client clients customer customers shop store brand website agency startup organization organisation product products home house
flat
apartment town city street account order bank doctor clinic hospital experience career application practice
firma unternehmen chef chefin arbeit schule uni universität studium büro abteilung kunde kunden kundin lieferant lieferanten vermieterin
wohnung haus
konto arzt ärztin bestellung laden geschäft produkt produkte
entreprise société employeur patron patronne travail emploi école université études bureau équipe fournisseur fournisseurs propriétaire
appartement
maison compte banque médecin commande boutique magasin agence produit produits
empresa jefe jefa trabajo empleo escuela colegio universidad estudios oficina equipo cliente clientes proveedor proveedores casera piso
casa cuenta
banco médico médica pedido tienda negocio agencia producto productos
""",
            3,
        ),
        (
            "i im ive",
            """
work worked working live lived living study studied studying apply applied applying joined joining move moved moving graduated enrolled
employed
interned interview interviewed interviewing hired resign resigned born run own founded rent bought ordered
""",
            3,
        ),
        (
            "we",
            "offer offering sell provide supply at hire hiring hired launch launched specialise specialize manufacture welcomed requested",
            2,
        ),
        ("company business firm startup shop store clinic agency restaurant", "located based", 1),
        ("buy buying purchase purchasing rent renting sell selling", "home house apartment flat condo property", 2),
        ("home house apartment flat condo", "in near", 1),
        ("ich", "arbeite wohne lebe studiere bewerbe komme", 1),
        ("wir", "bieten verkaufen suchen bei", 1),
        ("je j", "travaille vis postule habite étudie", 1),
        ("nous", "proposons vendons recrutons", 1),
        ("trabajo trabajé vivo estudio resido", "en", 1),
        ("soy", "de", 1),
    )
)
"""Words that tell when one of the second follows one of the first, at most so many words later."""

_FIRST: Final = frozenset[str]().union(*(first for first, _, _ in _BEFORE))
_WORD: Final = re.compile(r"[^\W_]+")


def tells(text: str) -> Callable[[int], bool]:
    """For a text: whether what begins at an offset in it is somebody's own.

    Each stretch is read once, however many offsets are asked for, and at most `MOST` are: what lies in others counts as somebody's own.
    """
    at_ends = _speaks(text[:ENDS]) or _speaks(text[-ENDS:])
    read: dict[int, bool] = {}

    def is_own(start: int) -> bool:
        cell = start // NEAR
        if at_ends or (len(read) >= MOST and cell not in read):
            return True
        if cell not in read:
            read[cell] = _speaks(text[max(0, cell - 1) * NEAR : (cell + 2) * NEAR])
        return read[cell]

    return is_own


def _speaks(text: str) -> bool:
    words = _WORD.findall(text.lower())
    if not _ALONE.isdisjoint(words) or not _PAIRS.isdisjoint(map(" ".join, itertools.pairwise(words))):
        return True
    return any(_goes_on(words, at) for at, word in enumerate(words) if word in _FIRST)


def _goes_on(words: Sequence[str], at: int) -> bool:
    return any(words[at] in first and not then.isdisjoint(words[at + 1 : at + 1 + reach]) for first, then, reach in _BEFORE)
