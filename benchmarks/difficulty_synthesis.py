"""Made-up everyday and frontier asks, ours: weak supervision beside the exam questions that outcomes are known for.

Exams alone do not teach that "set a timer" is easy and "split this monolith" is hard. Nobody ran these asks: that a small model does
the first kind well enough and the second kind mostly not is our judgement. `draw` makes each list from templates, always the same for
a seed. None of them stands in tests/golden.
"""
# ruff: noqa: E501 - one ask a line

import random
from collections.abc import Sequence

THINGS = "milk|a birthday cake|my dentist|the dog|the car|a bike|the laundry|rent|an umbrella|coffee|my sister|the plumber|the gym|a haircut|the garden|my passport|the printer|tyres|a parcel|batteries".split(
    "|"
)
TOWNS = "Oslo|Leeds|Porto|Lyon|Graz|Austin|Nairobi|Osaka|Lima|Toronto|Ghent|Perth|Bergen|Split|Quito|Hanoi".split("|")
TIMES = "six|half past seven|noon|nine tonight|tomorrow morning|Friday|next Tuesday|the weekend|ten minutes|an hour|3 pm|the first of May".split(
    "|"
)
WORDS = "cheese|window|thank you very much|where is the station|good luck|bread|how much does it cost|see you soon|invoice|umbrella|I am late|butterfly".split(
    "|"
)
TONGUES = "French|German|Spanish|Italian|Polish|Dutch|Japanese|Portuguese|Swedish|Turkish".split("|")
FACTS = "the capital of Peru|the tallest mountain in Africa|the boiling point of water|the currency of Norway|the population of Iceland|the chemical symbol for iron|the fastest land animal|the opposite of generous|the plural of mouse|the distance from the Earth to the Moon|the speed of light|the national bird of India|the meaning of HTTP|a synonym for happy|the square root of 81|15 percent of 240".split(
    "|"
)
PEOPLE = "painted the Mona Lisa|wrote Hamlet|invented the telephone|was the first man on the Moon|discovered penicillin|is the president of France|sang Thriller|founded Rome|won the world cup in 2010|composed the Four Seasons".split(
    "|"
)
NOTES = "The meeting moved to Thursday and Anna will bring the figures.|Our shop is closed on Monday because of stocktaking.|The train was late again, so I missed the first talk.|We liked the room, but breakfast was cold and the lift was broken.|Please send the signed form back by the end of the week.|I has went to the market and buyed two apple.".split(
    "|"
)
TOPICS = "photosynthesis|a mortgage|gravity|the water cycle|inflation|a black hole|DNA|a noun|recursion|a firewall|the stock market|vaccines|rainbows|an API|a balance sheet|jazz".split(
    "|"
)

EASY: Sequence[tuple[str, ...]] = (
    (
        "remind me to buy {thing} at {time}", "set an alarm for {time}", "put {thing} on my shopping list", "set a timer for {time}", "cancel my appointment on {time}", "what's on my calendar for {time}",
        "call {thing}", "text mum that I'll be home by {time}", "book a table for two at {time}", "find me a hotel in {town}", "how long is the flight to {town}", "do I need an umbrella in {town} {time}",
        "what's the weather in {town}", "what time is it in {town}", "play some music", "turn the volume up", "turn off the lights in the kitchen", "switch on the heating", "skip this song", "stop", "lock the front door",
        "how far is it to {town} by car", "directions to {town} please", "is there traffic on the way to {town}", "where can I get {thing} near me", "what does {thing} cost", "track my order", "where is my parcel",
    ),
    (
        "how much money is in my account", "pay my electricity bill", "transfer fifty pounds to my savings", "what is my credit limit", "my card was stolen, block it", "report a lost card", "when is my rent due", "what did I spend on food last month",
        "change my pin", "open a savings account", "has my salary come in", "freeze my account please", "what's the interest rate on my loan", "order more cheques", "why was my payment declined", "what is my routing number",
        "how many vacation days do I have left", "apply for leave on {time}", "who do I ask about insurance", "update my address", "how do I renew my passport", "is my flight on time", "what gate does my plane leave from", "can I take {thing} on a plane", "do I need a visa for {town}",
        "when should I change the oil in my car", "how much air should my tyres have", "schedule a service for the car", "is this pan safe in the oven", "how long do eggs keep", "how many calories are in an apple", "a recipe for pancakes", "what can I cook with rice and beans", "what can I use instead of butter",
    ),
    (
        "hi", "hello there", "good morning", "how are you doing", "thanks, that was helpful", "ok great", "never mind", "yes please", "no thanks", "bye for now", "who made you", "are you a robot", "what is your name", "what can you do", "tell me a joke", "say that again",
        "speak more slowly", "tell me something funny", "flip a coin", "roll two dice", "pick a number between one and ten", "you are great", "what are your hobbies", "how old are you", "where do you live", "do you have pets", "I did not mean that", "maybe later", "that is wrong", "sure", "i don't know", "repeat please", "change your language to {tongue}", "call me boss",
    ),
    (
        "what is {fact}?", "{fact}", "tell me {fact}", "who {person}?", "do you know who {person}", "how do you spell necessary", "what does 'ubiquitous' mean", "define frugal", "how do you say '{word}' in {tongue}?", "translate into {tongue}: {word}", "translate '{word}' to {tongue}", "how many feet are in a mile", "convert 30 miles to kilometres", "what is 12 times 9", "add 48 and 67", "how old is the universe", "when did the second world war end", "which year did the Titanic sink", "how many legs does a spider have", "is a tomato a fruit", "what language do they speak in {town}", "how many days until Christmas", "what day is it today",
    ),
    (
        "Summarise this in one sentence: {note}", "Correct the grammar: {note}", "Make this sound more polite: {note}", "Translate into {tongue}: {note}", "Turn this into a bullet point: {note}", "Is the tone of this positive or negative? {note}", "What day is mentioned here? {note}", "Rewrite without the passive: {note}", "Give me a subject line for this e-mail: {note}", "Write a short reply saying yes: {note}", "Which names are in this text? {note}", "Shorten: {note}", "Put this in upper case: {note}", "Continue this sentence: {note}",
    ),
    (
        "Explain {topic} to a child", "What is {topic}?", "Give me a definition of {topic}", "Tell me about {topic} in two sentences", "Write a two-line poem about {thing}", "Write a birthday wish for my sister", "Suggest three names for a cat", "Give me five ideas for dinner", "Write a thank-you note for {thing}", "A short message to say I'm running late", "List the days of the week in {tongue}", "Name four fruits", "What rhymes with blue?", "Suggest a gift for my dad", "Write a tweet about {thing}", "Draft a one-line out-of-office reply", "Give me a quote about friendship", "What should I wear to an interview?", "How do I reverse a string in Python?", "How do I list files in a folder in bash?", "What does the SQL keyword DISTINCT do?", "How do I centre a div?", "Write a for loop that prints 1 to 10", "How do I undo my last git commit?", "Format this date as ISO: March 3, 2021", "Extract the e-mail address: write to bo at example dot org", "Sort these words: pear, fig, apple", "Fix the typo: recieve",
    ),
    (
        "Make a sentence with the words {word}, {topic} and {town}", "Use these words in one sentence: milk, dog, garden", "Write one sentence about {topic} and {thing}", "Describe {town} in one line", "Finish the line: once upon a time in {town}", "who plays the detective in that old series about {town}", "when did the second season of that show come out", "who sang the song about {town} first", "where was the film about {topic} shot", "who was the first president to visit {town}", "what year did the bridge in {town} open", "where does the name {town} come from", "how many episodes are there", "who is the author of the book about {topic}", "when did {town} become a city", "which team won the cup in 1998", "who holds the record for the long jump", "what is the name of the lake near {town}", "where do pandas live", "who invented {thing}", "what are the colours of the flag of Chad",
    ),
    (
        "when does the library close", "is the museum open on {time}", "how do I get a stain out of a shirt", "what should I water first, {thing}?", "any good films on tonight", "read me the news", "what's the score of the match", "find my phone", "take a note: buy {thing}", "mark {thing} as done", "how many people live in {town}?", "which country is {town} in?", "what side do they drive on in {town}", "how tall is a giraffe", "name the planets", "spell rhythm", "is 91 prime", "half of 90", "what comes after Thursday", "next bus to {town}", "order a pizza", "share my location with my sister", "what's my next meeting", "snooze", "unmute", "open the garage", "a nickname for my car", "say good night in {tongue}", "count to ten in {tongue}", "how do I open a zip file", "what is a URL", "how do I take a screenshot", "make the text bold in HTML", "print the first line of a file in bash", "write a one-line comment in CSS",
    ),
    (
        "Wie wird das Wetter morgen in {town}?", "Stell den Wecker auf sieben Uhr", "Was ist die Hauptstadt von Peru?", "Danke, das war alles", "Übersetze ins Englische: Guten Morgen", "Schreib mir einen kurzen Geburtstagsgruß", "Quel temps fait-il à {town} ?", "Mets un minuteur de dix minutes", "Qui a peint la Joconde ?", "Traduis en anglais : bonne nuit", "Merci beaucoup", "¿Qué tiempo hace en {town}?", "Pon una alarma para las siete", "¿Quién escribió el Quijote?", "Traduce al inglés: buenas noches", "Gracias por todo", "¿Cuánto es 12 por 9?", "Fass das in einem Satz zusammen: {note}",
    ),
)  # fmt: skip
"""Families of templates, each as often as the others."""

CLAIMS = "every bounded monotone sequence of reals converges|the square root of every non-square integer is irrational|a continuous bijection from a compact space to a Hausdorff space is a homeomorphism|every finite integral domain is a field|the halting problem is undecidable|the harmonic series diverges while its alternating form converges|every planar graph can be coloured with five colours|the spectrum of a bounded self-adjoint operator is real|a group of order p squared is abelian|there is no surjection from a set onto its power set|every tree with n vertices has n minus one edges|the product of compact spaces is compact|the Vandermonde determinant has its product form|gradient descent with a fixed step converges linearly on strongly convex smooth functions|comparison sorting needs on the order of n log n comparisons|the central limit theorem holds under Lindeberg's condition".split(
    "|"
)
SYSTEMS = "payment service|ticketing backend|inventory module|recommendation engine|message broker|build pipeline|search index|chat application|hospital scheduling system|fraud detector|mobile client|logging stack|game server|data warehouse|booking engine|identity provider|video platform|compiler back end|trading gateway|telemetry agent".split(
    "|"
)
LANGUAGES = "Rust|Go|TypeScript|Python|C++|Java|Kotlin|Scala|Elixir|C#".split("|")
LIMITS = "keep the public API unchanged|no downtime is allowed|every step must be reversible|old clients must keep working|state your assumptions and check each of them|the budget is two engineers for a quarter|it must survive the loss of a region|explain the trade-offs of each option|include tests for the edge cases|show your reasoning step by step|latency must stay under 20 milliseconds at the 99th percentile|justify every choice against two alternatives|do not use any external library|quantify the risks and say how you would detect each|cover failure, rollback and monitoring".split(
    "|"
)
FIELDS = "hospital staffing|urban transport|a battery supply chain|rural broadband|a vaccine trial|offshore wind|a national archive|university admissions|airport security|flood protection|pension reform|semiconductor exports|soil restoration|mental health care|water pricing|a satellite constellation".split(
    "|"
)
MODELS = "a rotating fluid in a thin annulus|two competing species with delayed response|option prices under jumps|heat flow in a layered rod|an epidemic with waning immunity|a queue with impatient customers|a pendulum on a moving cart|light in a graded fibre|a spin chain with random couplings|traffic on a ring road|a reaction front in a porous medium|adaptive bidding in repeated auctions".split(
    "|"
)

HARD: Sequence[tuple[str, ...]] = (
    (
        "Prove that {claim}.", "Give a rigorous proof that {claim}, and show where each hypothesis is used.", "Give two different proofs that {claim}; compare what they generalise to.", "Is it true that {claim}? Prove it or construct a counterexample.", "Formalise and prove in Lean: {claim}.", "Show that {claim}. Then weaken one hypothesis and exhibit a counterexample.", "Find the gap in the usual textbook proof that {claim} and repair it; {limit}.",
    ),
    (
        "Refactor the {system} across all its modules from callbacks to async in {language}; {limit}.", "Our {system} has grown to sixty files with circular imports. Propose a module structure, then carry out the migration file by file; {limit}.", "Split the monolithic {system} into services: define boundaries, data ownership and the order of extraction; {limit}.", "Port the {system} from {language} to {language2}, preserving behaviour bit for bit; {limit}.", "Here is the repository of our {system}. Find why the integration tests are flaky, fix the root cause in every affected file, and {limit}.", "Rewrite the persistence layer of the {system} to event sourcing and migrate the existing records; {limit}.", "Add multi-tenancy to the {system}: schema, authorisation, background jobs, billing; {limit}.",
    ),
    (
        "Design a distributed {system} that serves fifty million users in four regions; {limit}.", "Design the schema, API and consistency model of a {system}; {limit}.", "Debug this: under load our {system} written in {language} deadlocks about once a day, only when two replicas restart at the same time. List hypotheses, the experiments that tell them apart, and a fix; {limit}.", "Implement a lock-free queue in {language} for a {system} and argue why it is linearisable; {limit}.", "Implement a {system} in {language} with crash recovery and exactly-once semantics; {limit}.", "Write a parser, type checker and bytecode compiler for a small functional language in {language}; {limit}.", "Audit the {system} for security flaws: threat model, attack trees, concrete exploits and mitigations ranked by risk; {limit}.", "Optimise the hot path of the {system} in {language}: profile, vectorise, remove allocations, and prove that results do not change; {limit}.",
    ),
    (
        "Draw up a five-year plan for {field}: milestones, dependencies, budget, risks and how to measure success; {limit}.", "Write a policy paper on {field} that weighs the evidence on both sides, names the strongest objections and answers them; {limit}.", "Plan a twelve-month research programme on {field}: hypotheses, data, identification strategy, power analysis, ethics; {limit}.", "Critically compare the three leading approaches to {field}, reconcile their contradictory findings, and propose a decisive study; {limit}.", "Write a 4,000-word report on {field} with a causal model, scenarios and sensitivity analysis; {limit}.", "You advise a minister on {field}. Build the decision model, the negotiation strategy and the fallback plan; {limit}.", "Analyse the legal exposure of a company active in {field} in three jurisdictions, with the arguments for each side; {limit}.",
    ),
    (
        "Derive the governing equations of {model}, non-dimensionalise them and analyse the stability of the steady states; {limit}.", "Derive a closed-form approximation for {model} and bound its error.", "Set up {model} as an inverse problem, discuss identifiability, and derive an estimator with its asymptotic variance; {limit}.", "Develop a numerical scheme for {model}, prove its order of convergence and implement it in {language}; {limit}.", "Derive from first principles the phase diagram of {model}.", "Formulate {model} as a stochastic control problem, derive the Hamilton-Jacobi-Bellman equation and characterise the optimal policy; {limit}.",
    ),
    (
        "Find all {puzzle}, and prove that there are no others.", "Determine with proof the least upper bound for the number of {puzzle}.", "Show that the number of {puzzle} is finite, and give an explicit bound.", "Let n be a positive integer. Count the {puzzle} up to symmetry and justify every step.", "Give an algorithm that lists all {puzzle}, prove it correct and analyse its complexity.", "Prove or refute: for every n there are infinitely many {puzzle}.",
    ),
    (
        "Train a model for {field} from noisy labels: derive the loss, the estimator of its variance, an ablation plan and the failure cases; {limit}.", "Work through the differential diagnosis of a patient with {illness}, order the tests by what they would change, and discuss pitfalls.", "Propose a synthesis of {molecule}, with mechanisms, selectivity and alternatives for each step.", "Reverse engineer the protocol of {device}, list its weaknesses with a proof of concept for each, and design a safe replacement.", "Write the first chapter of a novel about {field} told by two narrators who disagree on nine facts, and keep a table of the contradictions.", "Make a schedule for {count} people over eight weeks under these rules on rest, skill and fairness, or prove that there is none; {limit}.", "Reconstruct the strongest arguments for and against {thesis}, formalise both, and say which premise fails.", "Model {field} as a game with incomplete information, find the equilibria and design a mechanism; {limit}.", "Using only these logs, traces and configuration files, find out why {device} fails every few days, and say how sure you are of each hypothesis.",
    ),
    (
        "Rewrite {count} thousand lines of {language} in {language2}; plan the order, the test harness and the interoperation while both exist; {limit}.", "Change the type of the customer number throughout the {system}: database, interfaces, messages and clients; {limit}.", "Two branches of the {system} have diverged for a year. Merge them, resolve the contradicting assumptions, and explain each decision.", "Restructure the tests of the {system} so that they run in parallel, find the hidden shared state in every module, and {limit}.", "Replace the database under the {system} by another without an interruption: dual writes, backfill, verification, cut-over; {limit}.",
    ),
    (
        "Beweise, dass jede beschränkte monotone Folge konvergiert, und zeige, wo die Vollständigkeit eingeht.", "Entwirf die Architektur für ein verteiltes Buchungssystem in drei Regionen mit Ausfallplan und begründe jede Entscheidung.", "Strukturiere unser altes Abrechnungssystem über alle Module hinweg um, ohne die Schnittstellen zu ändern, und plane die Migration.", "Démontrez que tout espace métrique complet est de Baire et discutez les hypothèses.", "Concevez l'architecture d'une plateforme de paiement répartie et justifiez chaque compromis.", "Demuestra que todo grupo finito de orden primo es cíclico y generaliza el argumento.", "Diseña un plan de migración de un monolito a microservicios sin interrupciones, con riesgos y métricas.", "Élaborez une stratégie à dix ans pour {field}, avec budget, risques et indicateurs; justifiez chaque étape.",
    ),
)  # fmt: skip

PUZZLES = "pairs of integers whose sum of cubes is a perfect square|tilings of a 2 by n board with dominoes and squares|functions on the rationals that satisfy f(x + y) = f(x) + f(y) + xy|subsets of the first n numbers without three terms in arithmetic progression|polynomials with integer coefficients that map primes to primes|triangles with integer sides and area equal to the perimeter|ways to seat n couples around a table so that no couple sits together|permutations that avoid the pattern 132".split(
    "|"
)
ILLNESSES = "recurring fever and joint pain after a journey|sudden weakness on one side and a normal scan|weight loss, night sweats and raised calcium|a rash, kidney failure and a heart murmur|confusion that comes and goes with low sodium".split(
    "|"
)
MOLECULES = "a macrolide with nine stereocentres|a strained bicyclic lactam|an indole alkaloid with a quaternary centre|a fluorinated peptide mimetic|a chiral phosphine ligand".split(
    "|"
)
DEVICES = "a smart lock|an industrial controller|a network card's firmware|a satellite modem|our storage cluster|the warehouse robots|a hearing aid".split(
    "|"
)
COUNTS = "30|45|80|120|200".split("|")
THESES = "moral realism|open borders|a wealth tax|strong artificial intelligence|geoengineering|jury trials|the many-worlds interpretation".split(
    "|"
)

_SLOTS = {
    "puzzle": PUZZLES, "illness": ILLNESSES, "molecule": MOLECULES, "device": DEVICES, "count": COUNTS, "thesis": THESES,
    "thing": THINGS, "town": TOWNS, "time": TIMES, "word": WORDS, "tongue": TONGUES, "fact": FACTS, "person": PEOPLE, "note": NOTES, "topic": TOPICS,
    "claim": CLAIMS, "system": SYSTEMS, "language": LANGUAGES, "language2": LANGUAGES, "limit": LIMITS, "field": FIELDS, "model": MODELS,
}  # fmt: skip


def draw(families: Sequence[tuple[str, ...]], count: int, seed: int) -> list[str]:
    """That many asks, no two alike; every family as often as the others while it has new ones."""
    dice = random.Random(seed)
    made: dict[str, None] = {}
    for attempt in range(count * 40):
        family = families[attempt % len(families)]
        made.setdefault(dice.choice(family).format_map({slot: dice.choice(choices) for slot, choices in _SLOTS.items()}))
        if len(made) == count:
            break
    return list(made)
