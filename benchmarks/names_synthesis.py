"""Prompts made up around names that exist nowhere: what people ask a chat for, in four languages, with and without anybody in it.

A frame is thought up, never taken or turned from a text that measures: what is kept apart must stay unknown.

`{n}` given name and surname, `{g}` given name, `{s}` surname, `{a}` a street address, `{c}` a town, `{o}` an organisation, `{d}` a number,
`{i}` an initial that stands for somebody.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from benchmarks.names_corpus import ADR, LOC, ORG, PER, Text

FRAMES: Final[Mapping[str, Sequence[str]]] = {
    "en": (
        "Write an email to {n} about the delay of the delivery.",
        "write a polite reply to {g}, she asked for a refund of {d} dollars",
        "Hi {g}, I hope you are well. Please find attached the report. Best regards, {n}",
        "Dear {n}, thank you for your application for the post of accountant at {o} in {c}.",
        "Dear Mr. {s}, further to our call I confirm the appointment on Monday. Kind regards, {g}",
        "Dear Ms {s} we regret to inform you that your claim was refused.",
        "summarise this: {n} met {n} in {c} to talk about the merger of {o}. {s} was not convinced.",
        "My name is {n} and I live at {a}, {c}. Please write a complaint to {o}.",
        "my name is {n}, i am {d} years old and i work at {o}. write my resume",
        "I am {n}, a nurse from {c}. Write a cover letter for a hospital.",
        "{n}\n{a}\n{c}\n\nCURRICULUM VITAE\nExperience\n{o}, sales assistant, {c}",
        "Patient {n}, {d} years old, complains of chest pain since Tuesday. What could it be?",
        "pt {n} seen in clinic today, started on metformin, see dr {s} in 2 weeks",
        "Rewrite in a formal tone: {g} told me that {g} will be late because of her mother.",
        "what should i tell my boss {g} when i am ill",
        "my friend {g} from {c} is sad, what can i say to cheer her up",
        "Who is {n} and where does he work?",
        "tell me about {n} from {o}",
        "Write a bio of {n}, founder of {o}.",
        "Translate into German: {n} has been our tenant at {a} since May.",
        "proofread: I, {n}, hereby authorise {n} to collect my documents from {o}.",
        "Meeting notes. Present: {n}, {n}, {g} {s} (chair). Apologies: {n}. Action: {g} to call {s}.",
        "write a birthday poem for {g} who likes horses",
        "Write a recommendation letter for my student {n}, who took my course on statistics.",
        "Our neighbour {s} at {a} keeps parking in front of our garage, write him a letter",
        "Send the parcel to {n}, {a}, {c}.",
        "the tenant is {n} and the flat is at {a}",
        "From: {n}\nTo: {n}\nSubject: Contract\n\n{g}, could you sign page {d}? Thanks, {g}",
        "[{d}:05] {g}: hello\n[{d}:06] {g}: how are you\nsummarise the chat",
        "{n}: I did not see the car.\nJudge: Where were you, Mr {s}?",
        "Name: {n}\nAddress: {a}\nCity: {c}\nEmployer: {o}",
        "name,street,city\n{n},{a},{c}\n{n},{a},{c}",
        '{{"name": "{n}", "address": "{a}", "city": "{c}"}}',
        "{g}'s mother {n} was admitted to the hospital in {c}.",
        "The defendant {n} and the witness {n} met at {a}.",
        "Regards,\n{n}\nHead of Sales\n{o}\n{a}\n{c}",
        "email to prof. {s} to ask for a deadline extension",
        "create a linkedin post about {n} joining {o} as a director",
        "give feedback to {n} on her essay",
        "the landlord, {n}, lives on {a}",
        "{g} and I went to {c} last spring, help me write a diary entry",
        "can you write about {n}, who is married to {n}",
        "Interview with {n}: what inspired you? {s}: My grandmother.",
        "the reviewer is {s} et al., respond politely",
        "Invoice for {n}, due in {d} days",
        "translate: {g} loves {g}",
        "add {n} to the list of guests and remove {g}",
        "remind me to call {g} at {d}",
        "'{n}' signed on behalf of {o}",
        "Dear {g} kindly find the minutes below. The invoice from {o} is still open.",
        "Hi {g} just a reminder that {s} is on leave until the {d}th",
        "Hello, I'm {g} and I teach biology. Quiz me on the cell.",
        "hi im {g}, new here",
        "compose a message to {g} saying that the meeting has moved to {d} o'clock",
        "mail to {g} that the payment to {o} bounced again",
        "Our firm {o} sells garden furniture. Write a slogan.",
        "we at {o} are launching an app for cyclists, draft the press release",
        "My employer, {o}, has not paid me for {d} days.",
        "I was an intern at {o} and later a technician at {o} in {c}.",
        "Give me interview questions for a data analyst at {o}.",
        "Our supplier {o} has raised its prices by {d} percent, how do I answer",
        "what does {o} do and who owns it",
        "shares of {o} compared with {o} over five years",
        "Write the 'about us' page of {o}, a bakery in {c} founded in 19{d}.",
        "a slogan for {o}",
        "{o} bought a lorry for {d},000 and depreciates it over {d} years. Show the entries.",
        "The contract between {o} and {o} ends in June.",
        "i study law at {o} in {c} and want to change my subject",
        "Welcome to {o}! Your order number {d} is on its way.",
        "{o} is hiring: marketing manager, {c}, full time.",
        "Instagram caption for {o}: our new autumn menu",
        "Visit {o} for more",
        "Ask {o} support why my account was closed",
        "According to Mr {i}, the brakes had failed. Ms {i} saw it.",
        "Client {i} reports less anxiety since the last session.",
        "{i} {s} presented the figures, {g} took the minutes.",
        "Review of the restaurant {o} in {c}: the soup was cold.",
        "We moved from {c} to {c} because of my husband's job at {o}.",
        "Best schools near {c} for a child of {d}",
        "Capt {s} and Sgt {s} of the fire brigade in {c} deserve praise.",
        "Thank {g} and {g} from {o} for sponsoring our tournament.",
    ),
    "de": (
        "Schreibe eine E-Mail an {n} wegen der verspäteten Lieferung.",
        "Sehr geehrter Herr {s}, vielen Dank für Ihre Bewerbung bei {o} in {c}.",
        "Sehr geehrte Frau {s}, leider müssen wir Ihnen mitteilen, dass der Antrag abgelehnt wurde. Mit freundlichen Grüßen {n}",
        "Liebe {g}, wie geht es dir? Grüße an {g} und die Kinder. Dein {g}",
        "Hallo {g}, kannst du bitte {n} anrufen?",
        "Mein Name ist {n}, ich wohne in der {a} in {c}. Bitte formuliere eine Beschwerde an {o}.",
        "ich heiße {n} und suche eine wohnung in {c}",
        "Patient {n}, geboren 19{d}, klagt seit Dienstag über Schmerzen in der Brust.",
        "Die Patientin {n} wurde am Montag von Dr. {s} aufgenommen.",
        "Fasse zusammen: {n} traf {n} in {c}, um über den Vertrag mit {o} zu sprechen. {s} war nicht überzeugt.",
        "Der Kläger {n} und die Zeugin {n} wohnen in der {a}.",
        "Protokoll. Anwesend: {n}, {n}, Frau {s}. Entschuldigt: Herr {s}.",
        "Wer ist {n}?",
        "Name: {n}\nAnschrift: {a}\nOrt: {c}\nArbeitgeber: {o}",
        "Schreibe ein Gedicht zum Geburtstag meiner Schwester {g}.",
        "Unser Nachbar {s} parkt ständig vor der Garage, {a}.",
        "Bitte das Paket an {n}, {a}, {c} schicken.",
        "Verbessere: Ich habe mit {g} und {g} gesprochen, der Termin steht.",
        "Das Gutachten von {n} liegt dem Gericht in {c} vor.",
        "Nach Angaben von {n}, dem Leiter von {o}, steigt der Umsatz.",
        "Seit 19{d} spielt {n} für {o}; der Trainer {s} lobt ihn.",
        "Das Werk wurde von {n} in {c} gegründet.",
        "Meine Tochter {g} geht in die Schule, mein Sohn {g} noch nicht.",
        "Regie führte {n}, das Drehbuch schrieb {n} nach einem Roman von {s}.",
        "{s} und ich teilen uns seit Jahren ein Büro, trotzdem duzen wir uns nicht.",
        "Laut {s} war die Tür offen; {n} bestreitet das.",
        "Hat {s} schon zurückgerufen?",
        "Nach der Sitzung ging {s} nach Hause.",
        "Mein Chef {s} verlangt eine Krankmeldung, was soll ich tun?",
        "frau {s} und herr {s} haben gekündigt, schreibe eine bestätigung",
        "Mietvertrag zwischen {n} (Vermieter) und {n} (Mieter) über die Wohnung {a}, {c}.",
        "Der Kläger {i} beantragt, die Beklagte {i} zur Zahlung zu verurteilen.",
        "Der Sachverständige {i} führte aus, der Mangel sei {i} bekannt gewesen.",
        "Die Beiladung der {i} war nicht erforderlich.",
        "Das Finanzamt setzte gegenüber {i} die Steuer fest; {i} legte Einspruch ein.",
        "Nach dem Tod des {i} erbte {i} das Haus.",
        "Der Zeuge {i} hat {i} nicht gesehen.",
        "{i} bestreitet den Anspruch.",
        "Richter {s}, Richterin {s} und der Vorsitzende {n}",
        "{s} bestätigte am Montag, dass die Regierung die Pläne prüft.",
        "{s} erklärte, er werde nicht zurücktreten.",
        "Die Werke von {s} zeigen, wie {s} dachte.",
        "{s}s Roman erschien 19{d}; {s} lobte ihn.",
        "Das war {s} nicht wert, sagt {g}.",
        "Wir bei {o} suchen eine Buchhalterin in {c}.",
        "Mein Arbeitgeber {o} zahlt seit {d} Wochen nicht.",
        "{o} steigerte den Gewinn um {d} Prozent, {o} verlor.",
        "Städtepartnerschaft mit der Gemeinde {c} in {c}",
    ),
    "fr": (
        "Écris un courriel à {n} au sujet du retard de livraison.",
        "Cher Monsieur {s}, nous vous remercions de votre candidature chez {o} à {c}.",
        "Chère Madame {s}, nous avons le regret de vous informer que votre demande est refusée. Cordialement, {n}",
        "Bonjour {g}, peux-tu appeler {n} demain ? Merci, {g}",
        "Je m'appelle {n} et j'habite {a} à {c}. Rédige une plainte contre {o}.",
        "je suis {n}, infirmière à {c}, écris ma lettre de motivation",
        "Le patient {n}, {d} ans, se plaint de douleurs depuis mardi.",
        "La patiente Mme {s} a été vue par le Dr {s} lundi.",
        "Résume : {n} a rencontré {n} à {c} pour parler du contrat avec {o}. M. {s} n'est pas convaincu.",
        "Le prévenu {n} et le témoin {n} demeurent {a}.",
        "Présents : {n}, {n}, Mme {s}. Excusé : M. {s}.",
        "Qui est {n} ?",
        "Nom : {n}\nAdresse : {a}\nVille : {c}\nEmployeur : {o}",
        "Écris un poème pour l'anniversaire de ma sœur {g}.",
        "Notre voisin {s} se gare devant notre garage, {a}.",
        "Envoyez le colis à {n}, {a}, {c}.",
        "Corrige : j'ai parlé avec {g} et {g}, le rendez-vous est fixé.",
        "{s} et moi partageons un bureau depuis des années.",
        "D'après {s}, la porte était ouverte ; {n} le conteste.",
        "Mon chef {s} exige un certificat, que faire ?",
        "Ma fille {g} va à l'école, mon fils {g} pas encore.",
        "Film de {n}, avec {n} et {g} {s}.",
        "écris un message à {g} pour annuler le dîner",
        "Selon {n}, directeur de {o}, le chiffre d'affaires augmente.",
        "Né à {c}, {n} a joué pour {o} ; l'entraîneur {s} le félicite.",
        "{s} a déclaré que la procédure continue.",
        "Contrat entre {n} (bailleur) et {n} (locataire) pour l'appartement sis {a}, {c}.",
        "L'avocat de {n} demande le renvoi ; d'{n} on ne sait rien.",
        "{s} a quitté la salle ; on attend encore {s}.",
        "Le capitaine {s} et le sergent {s} sont nommés.",
        "M. {i} a déposé plainte contre Mme {i}.",
        "Chez {o}, nous vendons des meubles à {c}.",
        "Mon employeur {o} ne me paie plus depuis {d} jours.",
        "Que fait la société {o} ?",
        "dit {s}, en regardant {g}.",
        "{g} ne répondit pas. {g} avait peur.",
        "De {c} à {c} par le train de {d} heures.",
        "Présente {o}, une boulangerie de {c}.",
    ),
    "es": (
        "Escribe un correo a {n} sobre el retraso del envío.",
        "Estimado señor {s}: gracias por su solicitud en {o}, {c}.",
        "Estimada Sra. {s}, lamentamos informarle de que su solicitud fue rechazada. Atentamente, {n}",
        "Hola {g}, ¿puedes llamar a {n} mañana? Gracias, {g}",
        "Me llamo {n} y vivo en {a}, {c}. Redacta una queja contra {o}.",
        "soy {n}, enfermera de {c}, escribe mi carta de presentación",
        "El paciente {n}, de {d} años, refiere dolor desde el martes.",
        "La paciente Dña. {n} fue vista por el Dr. {s} el lunes.",
        "Resume: {n} se reunió con {n} en {c} para hablar del contrato con {o}. {s} no quedó convencido.",
        "El acusado {n} y la testigo {n} viven en {a}.",
        "Asistentes: {n}, {n}, Sra. {s}. Excusa: Sr. {s}.",
        "¿Quién es {n}?",
        "Nombre: {n}\nDomicilio: {a}\nCiudad: {c}\nEmpresa: {o}",
        "Escribe un poema para el cumpleaños de mi hermana {g}.",
        "Nuestro vecino {s} aparca delante del garaje, {a}.",
        "Envíen el paquete a {n}, {a}, {c}.",
        "Corrige: hablé con {g} y {g}, la cita está confirmada.",
        "{s} y yo compartimos despacho desde hace años.",
        "Según {s}, la puerta estaba abierta; {n} lo niega.",
        "Mi jefe {s} exige un certificado, ¿qué hago?",
        "Mi hija {g} va al colegio, mi hijo {g} todavía no.",
        "Película de {n}, con {n} y {g} {s}.",
        "escribe un mensaje a {g} para cancelar la cena",
        "El presidente {s} y el ministro {n} viajaron a {c}.",
        "Según {n}, director de {o}, las ventas aumentan.",
        "Nacido en {c}, {n} jugó en {o}; el entrenador {s} lo felicita.",
        "{s} declaró que el proceso continúa.",
        "Contrato entre {n} (arrendador) y {n} (arrendatario) sobre el piso de {a}, {c}.",
        "{s} salió de la sala; esperamos a {s}.",
        "El testigo {i} no vio a {i}.",
        "En {o} vendemos muebles en {c}.",
        "Mi empresa {o} no me paga desde hace {d} días.",
        "¿Qué hace la empresa {o}?",
        "{g} no contestó. {g} tenía miedo.",
        "De {c} a {c} en tren.",
        "Presenta {o}, una panadería de {c}.",
        "dijo {s}, mirando a {g}",
    ),
}

NOBODY: Final[Mapping[str, Sequence[str]]] = {
    "en": (
        "Write a cover letter for a job at {o} in {c}.",
        "Plan a trip from {c} to {c} for two people.",
        "Compare {o} and {o} as employers.",
        "Explain Kubernetes, Docker and Terraform to a beginner.",
        "How do I sort a list in Python? And in Java?",
        "The Supreme Court and the Ministry of Health published a report in March.",
        "Translate to Spanish: Good Morning, Happy New Year, Best Regards",
        "Hello, how are you today? Thank you, have a nice weekend.",
        "Dear Sir or Madam, I am writing to enquire about the position.",
        "Dear Hiring Manager, please find my application for Software Engineer.",
        "SUMMARY OF QUALIFICATIONS\nProject Management, Team Leadership, Microsoft Excel",
        "Chapter {d}: Machine Learning and the Central Limit Theorem",
        "Is the iPhone better than the Galaxy? What about Windows and Linux?",
        "ERROR Main Thread: Connection refused at Node.js Server.listen",
        "the {d} main points, in {d} street view pictures",
        "Product Name: Ocean Breeze Candle\nBrand: {o}\nSize: Large",
        "My manager and my team work at {o}. Write a performance review.",
        "The Great Wall, the Eiffel Tower and the Golden Gate Bridge are landmarks.",
        "Skills: Communication, Problem Solving, Adobe Photoshop, Google Analytics",
        "Dear Customer, Dear Team, Dear Professor, thank you for your patience.",
        "play the new album on spotify and turn the volume up",
        "def main() -> None: print(Order.total) # TODO Fix Later",  # a made-up text without names: nothing is left to do here
        "| Name | Price | Stock |\n| Blue Mug | {d} | {d} |\n| Red Bowl | {d} | {d} |",
        "name,price,stock\nblue mug,{d},{d}\nred bowl,{d},{d}",
        "Subject: Weekly Report\nStatus: Open\nPriority: High\nOwner: Platform Team",
        "Monday: Chicken Curry. Tuesday: Caesar Salad. Wednesday: French Toast",
        "Let A be a matrix over a field F and let B be its inverse. Prove that A and B commute.",
        "Is the triangle with corners A, B and C Euclidean? Use Gaussian elimination and the Bayesian rule.",
        "Implement Dijkstra's algorithm and the Fourier transform in Python.",
        "Take vitamin C and vitamin D. Plan B is option A.",
        "she said that he forgot it, i thinks its on the table, correct the grammar",
        "How did the River shape the Valley? List three impacts of the Mountains.",
        "Reviews of the phone: great camera, lackluster battery, AR Emoji is fun",
        "As an AI language model you are called Assistant. You play the role of a teacher.",
        "BASED ON THE TABLE ABOVE, FIND THE HIGHEST MARGIN",
        "who is the president of {c} and how is he elected",
        "Person A lends Person B {d} coins.",
        "The planets are Mercury, Venus, Earth, Mars, Jupiter, Saturn, Uranus and Neptune.",
        "where is the nearest cash machine to the central station in {c}",
    ),
    "de": (
        "Schreibe ein Anschreiben für eine Stelle bei {o} in {c}.",
        "Wie ist das Wetter in {c} im Mai?",
        "Erkläre den Unterschied zwischen Angebot, Nachfrage und Preis.",
        "Sehr geehrte Damen und Herren, hiermit bewerbe ich mich um die Stelle.",
        "Die Bundesregierung und das Ministerium für Gesundheit legen den Bericht vor.",
        "Das Fahrrad, der Tisch und die Lampe stehen im Keller.",
        "Welche Versicherung zahlt bei Wasserschaden in der Wohnung?",
        "Die Mitarbeiter der Abteilung {o} treffen sich im Büro.",
        "Der Patient klagt seit Dienstag über Schmerzen; Befund ohne Auffälligkeiten.",
        "Zutaten: Mehl, Zucker, Butter, Eier. Zubereitung: Den Teig kneten.",
        "Gemäß Absatz {d} der Verordnung ist die Klage unbegründet.",
        "Guten Morgen, vielen Dank und schönes Wochenende.",
        "Meine Damen und Herren, liebe Kolleginnen und Kollegen, herzlich willkommen.",
        "Mein Auto springt nicht an. Welche Werkstatt in {c} hat am Samstag offen?",
        "Hinweis: Änderungen vorbehalten. Stand: Januar. Seite {d}",
        "Der Antrag des Klägers auf Zulassung der Revision wird zurückgewiesen.",
        "Erstelle eine Einkaufsliste: Brot, Käse, Äpfel, Kaffee.",
        "Erkläre mir Maschinelles Lernen, Neuronale Netze und Künstliche Intelligenz.",
        "Meine Katze schläft, unser Hund bellt, die Kinder spielen im Garten.",
        "Der Lehrer, die Ärztin und der Koch warten an der Haltestelle.",
        "Ich habe Kopfschmerzen und Fieber. Soll ich zum Arzt?",
        "Gemäß Art. {d} Abs. 1 Buchst. a i. V. m. Anlage B, z. B. bei Klasse C.",
        "Von Punkt A nach Punkt B; Vitamin D und Gruppe A.",
        "Ferner wird der Umgang geregelt. Ohne Belang ist der Zeitpunkt.",
        "Sehr geehrter Herr Bürgermeister, sehr geehrte Frau Präsidentin, vielen Dank.",
        "Klasse {d}: Papier, Pappe und Waren daraus; Häute, Peitschen und Sattlerwaren",
        "Der Meister, der Mann und die Marine im Erdbeben",
    ),
    "fr": (
        "Écris une lettre de motivation pour un poste chez {o} à {c}.",
        "Quel temps fait-il à {c} en mai ?",
        "Madame, Monsieur, je me permets de vous adresser ma candidature.",
        "Le Ministère de la Santé et le Conseil d'État publient un rapport.",
        "La République française, l'Union européenne et {c}.",
        "Ingrédients : farine, sucre, beurre. Préparation : mélanger le tout.",
        "Le patient se plaint de douleurs ; examen sans particularité.",
        "Bonjour, merci beaucoup et bon week-end.",
        "Chapitre {d} : La Révolution et l'Empire",
        "Mon voisin a un chien ; notre chat ne l'aime pas.",
        "Mesdames et Messieurs, chers collègues, bienvenue.",
        "Explique-moi l'apprentissage automatique et les réseaux de neurones.",
        "La vieille ville de {c}, la Mairie, la Cathédrale et le Pont.",
        "J'ai mal à la tête et de la fièvre. Faut-il consulter ?",
        "Liste de courses : pain, fromage, pommes, café.",
        "Quelle est la différence entre Python et Java ?",
        "Le Premier ministre et le Président de la République se réunissent mardi.",
        "Le Barreau, la Cour et le Parquet se réunissent. Article {d}, alinéa a.",
        "Le vapeur et le chalutier sont arrivés à {c}, venant de {c}.",
        "Vitamine C, plan B, groupe A, point A.",
    ),
    "es": (
        "Escribe una carta de presentación para {o} en {c}.",
        "¿Qué tiempo hace en {c} en mayo?",
        "Estimados señores: me dirijo a ustedes para solicitar el puesto.",
        "El Ministerio de Sanidad y el Tribunal Supremo publican un informe.",
        "La Unión Europea, Estados Unidos y {c}.",
        "Ingredientes: harina, azúcar, mantequilla. Preparación: mezclar todo.",
        "El paciente refiere dolor; exploración sin hallazgos.",
        "Buenos días, muchas gracias y buen fin de semana.",
        "Capítulo {d}: La Guerra Civil y la Constitución",
        "Mi vecino tiene un perro; a nuestro gato no le gusta.",
        "Señoras y señores, queridos colegas, bienvenidos.",
        "Explícame el Aprendizaje Automático y las Redes Neuronales.",
        "El casco antiguo de {c}, el Ayuntamiento, la Catedral y el Puente.",
        "Me duele la cabeza y tengo fiebre. ¿Debo ir al médico?",
        "Lista de la compra: pan, queso, manzanas, café.",
        "¿Cuál es la diferencia entre Python y Java?",
        "El Gobierno y el Congreso aprobaron la Ley de Presupuestos el martes.",
        "La selección de {c} ganó la Copa del Mundo en el estadio de {c}.",
        "La Audiencia, el Colegio y la Fiscalía se reúnen. Artículo {d}, letra a.",
        "Vitamina C, plan B, grupo A, punto A.",
        "El barco llegó a {c} desde {c}.",
    ),
}

STREETS: Final[Mapping[str, Sequence[str]]] = {
    "en": (
        "{d} {x} Street",
        "{d} {x} Road",
        "{d} {x} Ave",
        "{d} {x} Avenue, Apt {d}",
        "{d} {x} Lane",
        "{d} {x} Dr",
        "Flat {d}, {d} {x} Close",
        "{d}B {x} Court",
        "{d} N {x} Blvd",
        "PO Box {d}{d}",
        "{d} {x} Way",
        "{d} {x} Square",
        "{d} {x} St.",
        "{d} {x} Crescent",
        "{d} West {d}th Street",
    ),
    "de": (
        "{x}straße {d}",
        "{x}str. {d}",
        "{x}weg {d}",
        "Am {x}platz {d}",
        "{x}gasse {d}a",
        "{x}allee {d}",
        "{x}-Straße {d}",
        "Straße der {x} {d}",
        "{x}strasse {d}, {d}. Stock",
        "Postfach {d}{d}",
    ),
    "fr": (
        "{d} rue {x}",
        "{d}, rue de {x}",
        "{d} bis, avenue {x}",
        "{d} boulevard de {x}",
        "{d}, place {x}",
        "{d} impasse {x}",
        "{d} allée des {x}",
        "{d} chemin de {x}",
        "{d} quai {x}",
    ),
    "es": (
        "calle {x} {d}",
        "C/ {x}, {d}, {d}º B",
        "Avda. {x} {d}",
        "Avenida de {x}, {d}",
        "Plaza {x} {d}",
        "Paseo de {x}, {d}",
        "Calle {x} n.º {d}",
        "Carrera {d} # {d}-{d}",
        "Camino de {x} s/n",
    ),
}

_FIRMS: Final = (
    "{x} GmbH",
    "{x} Ltd",
    "{x} & Sons",
    "{x} University",
    "{x} Bank",
    "{x} Hospital",
    "{x} S.A.",
    "{x} Group",
    "{x} Systems",
    "{x} Airlines",
    "University of {x}",
    "{x} Academy",
    "{x} Foods",
    "{x} Partners",
    "{x} Corp.",
    "{x} Inc.",
    "{x} AG",
    "{x} SARL",
    "{x} S.L.",
    "{x} & Co",
    "{x} and Co",
    "{x} Store",
    "{x} Clinic",
    "College of {x}",
    "{x} Bank Limited",
)

_BEGINS = "nov lum zen qua ver tri syn max opt info med agri eco bio fin neo prim alt glob digi cyb stra ora kel bra mon sol vi hel".split()
_ENDS = "a ia ix io ora ium tech soft ware sys corp lab net pay ify ly gen tex link base works logic mart hub vest loop desk".split()
"""Firms that are words of their own are made of these."""


class Prompts:
    """Makes prompts from lists of names. `given` and `surnames` are pairs of lists that belong together; `towns`, `words` are lists."""

    def __init__(self, names: Sequence[tuple[Sequence[str], Sequence[str]]], towns: Sequence[str], words: Sequence[str]) -> None:
        self._names = names
        self._towns = towns
        self._words = [word for word in words if len(word) > 4]

    def name(self, dice: random.Random) -> tuple[str, str]:
        """A given name and a surname of one country, now and then of two; or letters that are nobody's name yet."""
        given, surnames = dice.choice(self._names)
        first, last = dice.choice(given), dice.choice(surnames)
        if dice.random() < 0.15:
            last = dice.choice(dice.choice(self._names)[1])
        if dice.random() < 0.2:
            first, last = self._unheard(first, dice), self._unheard(last, dice)
        return first, last

    def _unheard(self, name: str, dice: random.Random) -> str:
        other = dice.choice(dice.choice(self._names)[dice.randrange(2)])
        return name[: max(2, len(name) // 2)] + other[len(other) // 2 :].lower()

    def full(self, dice: random.Random) -> str:
        """A whole name as people write it."""
        first, last = self.name(dice)
        roll = dice.random()
        for share, form in (
            (0.62, f"{first} {last}"),
            (0.68, f"{first} {dice.choice('ABCDEFGHJKLMNPRSTVW')}. {last}"),
            (0.74, f"{first} {self.name(dice)[0]} {last}"),
            (0.80, f"{first} {last} {self.name(dice)[1]}"),
            (0.85, f"{last}, {first}"),
            (0.89, f"{first[0]}. {last}"),
            (0.93, f"{last} {first}"),
            (0.96, f"{first} {last.upper()}"),
        ):
            if roll < share:
                return form
        return f"{first} {last}".upper()

    def make(self, dice: random.Random) -> Text:
        """One prompt, with the stretches that it names somebody or somewhere in."""
        lang = dice.choice(("en", "en", "en", "de", "fr", "es"))
        frames = dice.choice((FRAMES, FRAMES, NOBODY))[lang]
        frame = dice.choice(frames)
        while dice.random() < 0.35 and len(frame) < 500:
            frame += dice.choice(("\n", " ", "\n\n")) + dice.choice(dice.choice((FRAMES, NOBODY))[lang])
        text, marks = self._filled(frame, lang, dice)
        roll = dice.random()
        if roll < 0.12:
            text = _same_length(text, str.lower)
        elif roll < 0.16:
            text = _same_length(text, str.upper)
        return Text(text, tuple(marks), "synthesis", lang)

    def _filled(self, frame: str, lang: str, dice: random.Random) -> tuple[str, list[tuple[int, int, int]]]:
        text, marks = "", []
        small = dice.random() < 0.1
        while frame:
            before, brace, rest = frame.partition("{")
            text += before
            if not brace:
                break
            if rest[:1] == "{":
                text, frame = text + "{", rest[1:]
                continue
            what, _, frame = rest.partition("}")
            filled, tag = self._fill(what, lang, dice)
            if tag == PER and small:
                filled = _same_length(filled, str.lower)
            if tag >= 0:
                marks.append((len(text), len(text) + len(filled), tag))
            text += filled
        return text.replace("}}", "}"), [mark for mark in marks if mark[1] <= len(text)]

    def _fill(self, what: str, lang: str, dice: random.Random) -> tuple[str, int]:
        table: Mapping[str, Callable[[], tuple[str, int]]] = {
            "n": lambda: (self.full(dice), PER),
            "g": lambda: (self.name(dice)[0], PER),
            "s": lambda: (self.name(dice)[1], PER),
            "a": lambda: (self._street(lang, dice), ADR),
            "c": lambda: (dice.choice(self._towns), LOC),
            "o": lambda: (self._firm(dice), ORG),
            "i": lambda: (_initial(dice), PER),
            "d": lambda: (str(dice.randrange(1, 99)), -1),
        }
        return table[what]()

    def _street(self, lang: str, dice: random.Random) -> str:
        street = dice.choice(STREETS[lang if dice.random() < 0.9 else dice.choice(list(STREETS))])
        while "{d}" in street:
            street = street.replace("{d}", str(dice.choice((dice.randrange(1, 30), dice.randrange(1, 400)))), 1)
        return street.replace("{x}", self._stem(dice))

    def _firm(self, dice: random.Random) -> str:
        """A firm or a school: with a word that says so, or one made-up word, capitals, or an address on the web."""
        if dice.random() < 0.55:
            return dice.choice(_FIRMS).format(x=self._stem(dice))
        coined = dice.choice(_BEGINS) + dice.choice(_ENDS)
        letters = "".join(dice.choice("ABCDEFGHIKLMNOPRSTUVW") for _ in range(dice.randrange(2, 6)))
        return dice.choice(
            (
                coined.capitalize(),
                coined.capitalize(),
                coined,
                coined.upper(),
                f"{coined}.{dice.choice(('com', 'io', 'de', 'fr', 'es', 'org'))}",
                dice.choice(_BEGINS).capitalize() + dice.choice(_ENDS).capitalize(),
                f"{coined.capitalize()} {dice.choice(self._words).capitalize()}",
                letters,
                f"{letters} {dice.choice(self._words).capitalize()}",
                self._stem(dice),
            )
        )

    def _stem(self, dice: random.Random) -> str:
        return dice.choice((self.name(dice)[1], dice.choice(self._towns), dice.choice(self._words).capitalize()))


def _initial(dice: random.Random) -> str:
    first, second = dice.choice("ABCDEFGHIJKLMNOPRSTUVWZ"), dice.choice("ABCDEFGHJKLMNPRSTW")
    return dice.choice((f"{first}.", f"{first}.", first, f"{first}. {second}.", f"{first}...", f"Dr. {first}."))


def _same_length(text: str, change: Callable[[str], str]) -> str:
    return "".join(changed if len(changed := change(each)) == 1 else each for each in text)
