"""Text of our own to be spoken: English as people talk, commands, numbers and letters, and twelve other languages.

Sense matters little, sound and rhythm do: every phone in many neighbourhoods, questions, exclamations, lists, pauses.
"""

import random
from typing import Final

LANGUAGES: Final = ("de", "fr", "es", "it", "pt-br", "nl", "pl", "sv", "fi", "cs", "ro", "id")
"""espeak-ng's names of the languages besides English that there is text for."""


def _listed(text: str) -> tuple[str, ...]:
    return tuple(text.split("|"))


_WHO: Final = _listed(
    "I|you|we|they|my mother|your brother|the baker|Bob|Pamela|Mr. Brown|everybody|nobody|the whole team|Fiona|"
    "that woman|our neighbour|Joyce|the boy with the bike|George|a very old friend|Phoebe|the vet|Thurston"
)
_DID: Final = _listed(
    "bought|found|remembered|would never give up|is going to paint|just opened|can't stand|should have moved|"
    "forgot about|will probably bring|keeps asking for|was thinking of|used to love|threw away|mentioned|"
    "promised to fix|doesn't believe in|gave me|measured|swapped|wouldn't touch|has been looking for"
)
_WHAT: Final = _listed(
    "a paper bag|the big blue boat|five bottles of milk|a warm pair of boots|the vacuum cleaner|some apple pie|"
    "that funny movie|both of the windows|a cup of coffee|the power cable|my favourite shirt|the truth|"
    "a purple umbrella|four fresh mushrooms|an awful voice|the oyster|a bunch of grapes|your mobile phone|"
    "the wrong bus|a yellow toothbrush|the whole pizza|wool|a few good jokes|the measure of it|water from the well"
)
_WHEN: Final = _listed(
    "on Monday|before breakfast|in the middle of the night|next week|by the river|every summer|a moment ago|"
    "at the bus stop|for my birthday|over there|without a word|because of the weather|in the bathroom|"
    "after work|once upon a time|with both hands|in Paris|from above||||"
)
_OPEN: Final = _listed(
    "well,|so,|oh,|um,|you know,|I mean,|maybe|honestly,|wait,|okay,|yeah,|please,|look,|hmm,|by the way,||||||||"
)
_SAID: Final = (
    "Hi, how are you?", "I'm fine, thank you.", "What do you mean?", "No way!", "Oh my god, look at that!", "Wow!",
    "Why not?", "Could you help me, please?", "What's up?", "See you tomorrow.", "Bye bye!", "Good morning, everyone.",
    "Can you hear me now?", "You're on mute.", "Let me share my screen.", "Sorry, go ahead.", "That's a good point.",
    "I have no idea.", "Are you sure about that?", "Absolutely not.", "Of course I will.", "Whatever you want.",
    "Mmm, that's lovely.", "How much is it?", "Where were you?", "Who told you that?", "Watch out!", "Stop it!",
    "Happy birthday to you!", "I love you too.", "Never mind.", "It's up to you.", "Yes.", "No.", "Maybe.", "Really?",
    "Hello?", "Right.", "Exactly.", "Thanks!", "Welcome to the show.", "This is very important.", "Let's move on.",
    "Once more, from the top.", "What a beautiful morning!", "I beg your pardon?", "Pop the bubble, Poppy!",
    "Peter Piper picked a peck of pickled peppers.", "She sells sea shells by the sea shore.", "Give me five!",
    "How much wood would a woodchuck chuck?", "Red lorry, yellow lorry.", "Unique New York.", "Better buy butter.",
    "The rain in Spain stays mainly in the plain.", "We were away a year ago.", "Few of the thieves have a vivid view.",
    "Choose your shoes, you two.", "Boys enjoy noisy toys.", "Push, pull, put and look.", "Me and my mom made jam.",
)  # fmt: skip
_COMMAND: Final = (
    ("bin", "lay", "place", "set"), ("blue", "green", "red", "white"), ("at", "by", "in", "with"),
    tuple("abcdefghijklmnopqrstuvxyz"), ("zero", *"123456789"), ("again", "now", "please", "soon"),
)  # fmt: skip

_FOREIGN: Final[dict[str, tuple[str, str, str, str]]] = {
    "de": (
        "Meine Mutter|Der Bäcker|Ein junger Mann|Wir beide|Frau Schröder|Das Pferd|Niemand|Unser Chef|Der Vogel",
        "liebt|braucht heute|öffnet|vergisst immer|kauft|verspricht|übt|möchte|zeigt uns|wäscht|findet",
        "fünf Äpfel|das Fenster|eine warme Suppe|die Überraschung|den blauen Mantel|viel Wasser|ein Buch|"
        "zwölf Schachteln",
        "im Garten|ohne Pause|am Bahnhof|bei schönem Wetter|gestern Abend|in München|für die Kinder|jetzt|"
        "zu Weihnachten",
    ),
    "fr": (
        "Ma mère|Le boulanger|Un petit garçon|Nous|Madame Dubois|Le chien|Personne|Mon oncle|La jeune fille|"
        "Tout le monde",
        "aime beaucoup|a oublié|voudrait|achète|cherche toujours|regarde|a peur de|mange|a peint|vend bien",
        "une pomme verte|le beau bateau|un bon vin blanc|la lune|deux œufs|du beurre|son vieux vélo|"
        "huit bouteilles|un parapluie",
        "dans la rue|au bord de la mer|ce matin|avec plaisir|sous la pluie|à Paris|en hiver|chez moi|"
        "depuis longtemps|demain",
    ),
    "es": (
        "Mi madre|El panadero|Un niño pequeño|Nosotros|La señora Gómez|El perro|Nadie|Mi abuelo|La jefa|Aquel hombre",
        "compra|busca|nunca olvida|quiere|ha roto|vende|prepara|mira|bebe|guarda|trajo ayer",
        "una manzana verde|el barco azul|mucho vino|la llave|un buen libro|pan con mantequilla|el paraguas|"
        "ocho botellas",
        "en la playa|por la mañana|con mucho gusto|bajo la lluvia|en Barcelona|para el viaje|hoy|sin hablar|en julio",
    ),
    "it": (
        "Mia madre|Il fornaio|Un bambino|Noi|La signora Bianchi|Il gatto|Nessuno|Mio nonno|Il capo|La ragazza",
        "compra|cerca sempre|ha perso|vuole|guarda|prepara|vende|mangia|dipinge|porta",
        "una mela verde|la barca blu|un buon bicchiere di vino|la chiave|gli gnocchi|pane e burro|l'ombrello|"
        "otto bottiglie",
        "sulla spiaggia|stamattina|con piacere|sotto la pioggia|a Bologna|per il viaggio|oggi|senza parlare|a giugno",
    ),
    "pt-br": (
        "Minha mãe|O padeiro|Um menino|Nós|A senhora Lima|O cachorro|Ninguém|Meu avô|O chefe|A moça",
        "compra|procura|nunca esquece|quer|quebrou|vende|prepara|olha|bebe|trouxe ontem",
        "uma maçã verde|o barco azul|muito vinho|a chave|um bom livro|pão com manteiga|o guarda-chuva|"
        "oito garrafas|feijão",
        "na praia|de manhã|com prazer|na chuva|em São Paulo|para a viagem|hoje|sem falar|em junho|amanhã",
    ),
    "nl": (
        "Mijn moeder|De bakker|Een kleine jongen|Wij|Mevrouw Bakker|De hond|Niemand|Mijn opa|De baas|Het meisje",
        "koopt|zoekt altijd|vergeet|wil graag|bekijkt|verkoopt|maakt|drinkt|schildert|brengt",
        "een groene appel|de blauwe boot|veel water|de sleutel|een goed boek|brood met boter|de paraplu|"
        "acht flessen|een ui",
        "op het strand|vanmorgen|met plezier|in de regen|in Utrecht|voor de reis|vandaag|zonder geluid|in juni",
    ),
    "pl": (
        "Moja mama|Piekarz|Mały chłopiec|My wszyscy|Pani Nowak|Pies|Nikt|Mój dziadek|Szef|Dziewczyna",
        "kupuje|zawsze szuka|zapomniał|chce|ogląda|sprzedaje|przygotuje|pije|maluje|przyniósł",
        "zielone jabłko|niebieską łódź|dużo wody|klucz|dobrą książkę|chleb z masłem|parasol|osiem butelek|pięć gęsi",
        "na plaży|dziś rano|z przyjemnością|w deszczu|w Warszawie|na drogę|dzisiaj|bez słowa|w czerwcu|jutro",
    ),
    "sv": (
        "Min mamma|Bagaren|En liten pojke|Vi|Fru Berg|Hunden|Ingen|Min morfar|Chefen|Flickan|Sju sjuka sjömän",
        "köper|söker alltid|glömmer|vill ha|tittar på|säljer|lagar|dricker|målar|hämtar",
        "ett grönt äpple|den blå båten|mycket vatten|nyckeln|en bra bok|bröd och smör|paraplyet|åtta flaskor|en kjol",
        "på stranden|i morse|med glädje|i regnet|i Göteborg|för resan|i dag|utan ett ljud|i juni|hela året",
    ),
    "fi": (
        "Äitini|Leipuri|Pieni poika|Me|Rouva Virtanen|Koira|Kukaan|Isoisäni|Pomo|Tyttö",
        "ostaa|etsii aina|unohtaa|haluaa|katsoo|myy|valmistaa|juo|maalaa|tuo",
        "vihreän omenan|sinisen veneen|paljon vettä|avaimen|hyvän kirjan|leipää ja voita|sateenvarjon|kahdeksan pulloa",
        "rannalla|aamulla|mielellään|sateessa|Helsingissä|matkaa varten|tänään|ilman ääntä|kesäkuussa|yöllä",
    ),
    "cs": (
        "Moje maminka|Pekař|Malý chlapec|My všichni|Paní Nováková|Pes|Nikdo|Můj dědeček|Šéf|Ta dívka",
        "koupí|vždycky hledá|zapomněl|chce|pozoruje|prodává|připraví|pije|maluje|přinesla",
        "zelené jablko|modrou loď|hodně vody|klíč|dobrou knihu|chléb s máslem|deštník|osm lahví|"
        "třista třicet tři stříkaček",
        "na pláži|dnes ráno|s radostí|v dešti|v Praze|na cestu|dneska|beze slova|v červnu|zítra",
    ),
    "ro": (
        "Mama mea|Brutarul|Un băiat mic|Noi|Doamna Popescu|Câinele|Nimeni|Bunicul meu|Șeful|Fata",
        "cumpără|caută mereu|a uitat|vrea|privește|vinde|pregătește|bea|pictează|a adus",
        "un măr verde|barca albastră|multă apă|cheia|o carte bună|pâine cu unt|umbrela|opt sticle|brânză",
        "pe plajă|azi dimineață|cu plăcere|în ploaie|la București|pentru drum|astăzi|fără zgomot|în iunie|mâine",
    ),
    "id": (
        "Ibu saya|Tukang roti|Seorang anak kecil|Kami|Bapak Budi|Anjing itu|Siapa pun|Kakek saya|Bos|Gadis itu",
        "membeli|selalu mencari|melupakan|mau|melihat|menjual|menyiapkan|minum|melukis|membawa",
        "apel hijau|perahu biru|banyak air|kunci|buku yang bagus|roti dengan mentega|payung|delapan botol|nyanyian",
        "di pantai|tadi pagi|dengan senang hati|di tengah hujan|di Jakarta|untuk perjalanan|hari ini|tanpa suara|besok",
    ),
}  # fmt: skip
"""Per language: who, does, what, where; each list separated by bars."""


def english(choose: random.Random) -> str:
    """A sentence as people talk: statements, questions, exclamations, numbers, letters, or a GRID-like command."""
    kind = choose.random()
    if kind < 0.2:
        return choose.choice(_SAID)
    if kind < 0.32:
        return " ".join(choose.choice(words) for words in _COMMAND) + "."
    if kind < 0.4:
        unit = choose.choice(("", "times", "percent", "people", "euros"))
        return f"{choose.choice(_OPEN)} {_number(choose)} {unit}.".strip()
    if kind < 0.45:
        return ", ".join(choose.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ") for _ in range(choose.randint(3, 7))) + "."
    statement = " ".join(choose.choice(words) for words in (_WHO, _DID, _WHAT, _WHEN)).strip()
    if kind < 0.6:
        question = choose.choice(("Did you hear that", "Why do you think", "Is it true that", "Who says", "What if"))
        return f"{question} {statement}?"
    if kind < 0.7:
        return f"{statement}!"
    if kind < 0.8:
        joined = choose.choice(("and", "but", "or", "so"))
        return f"{choose.choice(_OPEN)} {statement}, {joined} {choose.choice(_SAID)}".strip()
    return f"{choose.choice(_OPEN)} {statement}.".strip()


def foreign(language: str, choose: random.Random) -> str:
    """A sentence in one of `LANGUAGES`; one in six ends in a number, which espeak-ng reads in that language.

    Raises:
        KeyError: there is no text in that language.
    """
    parts = [choose.choice(_listed(words)) for words in _FOREIGN[language]]
    if choose.random() < 1 / 6:
        parts[-1] = _number(choose)
    return " ".join(parts) + choose.choice("...?!")


def _number(choose: random.Random) -> str:
    return str(choose.choice((choose.randint(0, 20), choose.randint(0, 999), choose.randint(1000, 99_999))))
