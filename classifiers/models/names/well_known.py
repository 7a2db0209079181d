"""People whom everybody may ask about, written down by us: rulers, scientists, artists, athletes, thinkers. In lower case, without accents.

`WHOLE` are whole names. `ALONE` are surnames or single names that nobody else comes to mind with; the surnames of `WHOLE` that are common
are not among them.
"""

from typing import Final

_WHOLE: Final = """
abraham lincoln, ada lovelace, adam smith, adele, adolf hitler, agatha christie, akira kurosawa, al gore, alan turing, albert camus,
albert einstein, alexander fleming, alexander graham bell, alexander hamilton, alexander the great, alexandre dumas, alfred hitchcock,
alfred nobel, alice walker, amelia earhart, amy winehouse, andrew jackson, andy warhol, angela merkel, anne frank, antonio gaudi, antonio
guterres, antonio vivaldi, aretha franklin, ariana grande, arthur conan doyle, arthur schopenhauer, audrey hepburn, augusto pinochet,
barack obama, benito mussolini, benjamin franklin, bernie sanders, bertolt brecht, bertrand russell, bill clinton, bill gates, billie
eilish, bob dylan, bob marley, boris johnson, brad pitt, britney spears, bruce lee, bruce springsteen, carl jung, carl sagan, catherine
the great, charles babbage, charles darwin, charles de gaulle, charles dickens, charlie chaplin, che guevara, christopher columbus,
christopher nolan, claude debussy, claude monet, coco chanel, cristiano ronaldo, dalai lama, david attenborough, david beckham, david
bowie, david cameron, david hume, desmond tutu, diego maradona, diego rivera, diego velazquez, donald knuth, donald trump, dwight
eisenhower, edgar allan poe, edith piaf, edvard munch, edward elgar, edward snowden, elizabeth taylor, elizabeth warren, elon musk, elton
john, elvis presley, emily bronte, emily dickinson, emmanuel macron, emmeline pankhurst, enrico fermi, ernest hemingway, ernest
rutherford, erwin schrodinger, eva peron, federico fellini, federico garcia lorca, felipe gonzalez, fidel castro, florence nightingale,
francis bacon, francis crick, francis ford coppola, francisco franco, francisco goya, francois mitterrand, frank lloyd wright, frank
sinatra, franklin d roosevelt, franklin roosevelt, franz kafka, franz schubert, freddie mercury, frederic chopin, frida kahlo, friedrich
engels, friedrich nietzsche, friedrich schiller, fyodor dostoevsky, gabriel garcia marquez, galileo galilei, genghis khan, george bush,
george clooney, george harrison, george orwell, george sand, george soros, george washington, gerhard schroder, giorgia meloni, giuseppe
garibaldi, giuseppe verdi, grace hopper, grace kelly, graham greene, greta thunberg, gunter grass, gustav klimt, gustav mahler, gustave
eiffel, gustave flaubert, hannah arendt, hans christian andersen, harriet tubman, harry potter, harry truman, heinrich heine, heinrich
himmler, helen keller, helmut kohl, helmut schmidt, henri matisse, henry ford, henry kissinger, herman melville, hermann hesse, hillary
clinton, ho chi minh, homer simpson, honore de balzac, hugo chavez, humphrey bogart, immanuel kant, indira gandhi, ingmar bergman, isaac
asimov, isaac newton, isabel allende, jacques chirac, james bond, james cameron, james joyce, james watson, james watt, jane austen, jane
goodall, javier milei, jean jacques rousseau, jean luc godard, jean paul sartre, jeff bezos, jennifer lopez, jesus christ, jimi hendrix,
jimmy carter, joan of arc, joe biden, johann sebastian bach, johann wolfgang von goethe, johannes brahms, johannes gutenberg, johannes
kepler, john adams, john f kennedy, john kennedy, john keynes, john lennon, john locke, john maynard keynes, john milton, john steinbeck,
john von neumann, jorge luis borges, josef stalin, joseph haydn, joseph stalin, jules verne, julia roberts, julius caesar, justin bieber,
justin trudeau, kamala harris, karl marx, kate middleton, kim jong un, kim kardashian, king charles, kobe bryant, konrad adenauer, kurt
cobain, kurt godel, kylian mbappe, lady gaga, lebron james, leo tolstoy, leon trotsky, leonard cohen, leonardo da vinci, leonardo
dicaprio, leonhard euler, lewis carroll, lewis hamilton, linus torvalds, lionel messi, louis armstrong, louis pasteur, ludwig van
beethoven, ludwig wittgenstein, luis bunuel, madame curie, mahatma gandhi, malala yousafzai, malcolm x, mao zedong, marcel duchamp, marcel
proust, marco polo, marcus aurelius, margaret atwood, margaret thatcher, maria callas, mariah carey, marie antoinette, marie curie,
marilyn monroe, mario vargas llosa, mark twain, mark zuckerberg, marlene dietrich, marlon brando, martin heidegger, martin luther, martin
luther king, martin scorsese, mary shelley, max planck, max weber, meryl streep, michael faraday, michael jackson, michael jordan, michael
schumacher, michel foucault, michelle obama, miguel de cervantes, mikhail gorbachev, miles davis, mother teresa, muhammad ali, napoleon
bonaparte, narendra modi, neil armstrong, nelson mandela, niccolo machiavelli, nicolas sarkozy, niels bohr, nikola tesla, noam chomsky,
novak djokovic, octavio paz, olaf scholz, oliver cromwell, oprah winfrey, orson welles, oscar wilde, otto hahn, otto von bismarck, pablo
neruda, pablo picasso, paul cezanne, paul gauguin, paul mccartney, paulo coelho, pedro almodovar, pedro sanchez, penelope cruz, pierre
curie, plato, pope francis, pyotr tchaikovsky, queen elizabeth, queen victoria, quentin tarantino, rafael nadal, ray charles, rene
descartes, richard dawkins, richard feynman, richard nixon, richard strauss, richard wagner, ridley scott, robert de niro, robert
oppenheimer, robert schumann, roger federer, ronald reagan, rosa luxemburg, rosa parks, rudolf diesel, salman rushdie, salvador allende,
salvador dali, sam altman, samuel beckett, sanna marin, satya nadella, serena williams, shinzo abe, sigmund freud, simon bolivar, simone
biles, simone de beauvoir, socrates, soren kierkegaard, srinivasa ramanujan, stan lee, stanley kubrick, stephen hawking, stephen king,
steve jobs, steve wozniak, steven spielberg, sundar pichai, taylor swift, theodore roosevelt, thomas edison, thomas hobbes, thomas
jefferson, thomas mann, tiger woods, tim berners lee, tim cook, tom cruise, tom hanks, toni morrison, tony blair, umberto eco, umm
kulthum, usain bolt, vaclav havel, victor hugo, vincent van gogh, virginia woolf, vladimir lenin, vladimir nabokov, vladimir putin,
volodymyr zelensky, volodymyr zelenskyy, walt disney, walt whitman, warren buffett, werner heisenberg, whitney houston, william blake,
william faulkner, william shakespeare, willy brandt, winston churchill, wolfgang amadeus mozart, woody allen, xi jinping, yasser arafat,
yoko ono, yuri gagarin, zinedine zidane
"""

_ALONE: Final = """
aristotle, bach, beethoven, berlusconi, beyonce, biden, bismarck, bolivar, brahms, buddha, caesar, camus, caravaggio, cervantes, cezanne,
charlemagne, chomsky, chopin, churchill, cleopatra, confucius, copernicus, dante, darwin, descartes, dickens, dostoevsky, einstein,
erdogan, euclid, euler, feynman, fibonacci, foucault, freud, galileo, gandhi, goethe, gorbachev, hegel, heidegger, heisenberg, hemingway,
hitler, homer, hume, jesus, kafka, kant, kepler, keynes, lenin, leonardo, lincoln, machiavelli, macron, mandela, mao, marx, merkel, messi,
michelangelo, moliere, monet, montesquieu, mozart, muhammad, mussolini, napoleon, nero, newton, nietzsche, obama, orwell, pasteur,
picasso, plato, proust, puccini, putin, pythagoras, raphael, rembrandt, rihanna, robespierre, rousseau, sartre, scholz, schopenhauer,
schubert, seneca, shakespeare, shakira, socrates, spinoza, stalin, tchaikovsky, tesla, thatcher, tolstoy, trotsky, trump, turing, verdi,
vermeer, vivaldi, voltaire, wagner, wittgenstein, zelensky, zelenskyy, zidane
"""


def _names(text: str) -> frozenset[str]:
    return frozenset(" ".join(name.split()) for name in text.split(","))


WHOLE: Final = _names(_WHOLE)
ALONE: Final = _names(_ALONE)
