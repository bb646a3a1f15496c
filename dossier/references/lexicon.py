"""Closed word lists of English: what introduces, ends and qualifies a phrase.

Made by hand from grammar, not from any data set. Every list is data; no rule holds a word of its own domain.
"""

from __future__ import annotations

from typing import Literal

Gender = Literal["m", "f"]


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


ORDINALS = {
    w: n
    for n, names in enumerate(
        (
            "first 1st",
            "second 2nd",
            "third 3rd",
            "fourth 4th",
            "fifth 5th",
            "sixth 6th",
            "seventh 7th",
            "eighth 8th",
            "ninth 9th",
            "tenth 10th",
        ),
        1,
    )
    for w in names.split()
} | {"top": 1, "topmost": 1, "former": 1, "latter": -1, "bottom": -1, "final": -1, "last": -1, "penultimate": -2}
NUMBERS = {
    w: n for n, w in enumerate(["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"], 1)
}
NEWEST = _set("latest newest newer later")
OLDEST = _set("earliest oldest older earlier")

PARTICLES = _set("back up down out off on in")
"""Small words that may be all that tells one from another: the back door, the lights that are on."""

PRONOUNS = {
    "it": "it",
    "its": "it",
    "itself": "it",
    "he": "he",
    "him": "he",
    "his": "he",
    "she": "she",
    "her": "she",
    "hers": "she",
    "they": "they",
    "them": "they",
    "their": "they",
    "theirs": "they",
}
POSSESSIVES = _set("his her its their")
DEMONSTRATIVES = _set("this that these those")

PREPOSITIONS = _set(
    "of in on at by for with from to into onto about over under after before between through during without within "
    "against since until till via per than as"
)
FUNCTION_WORDS = PREPOSITIONS | _set(
    "a an the and or but nor so if when while because though although then than i you we he she it they me us him "
    "her them "
    "my your our his its their this that these those who whom whose which what where why how is are was were be "
    "been being am "
    "do does did don have has had having can could will would shall should may might must not no yes please just "
    "only also too "
    "very still now again back up down out off today tomorrow tonight yesterday there here ok okay 's 're 've 'll "
    "'d 'm 't "
    "ever already yet instead first anyway maybe either neither both all each every any some everything everyone "
    "anything nothing"
)
AUXILIARIES = _set("is are was were do does did has have had will would can could shall should may might must")
OPENS_CLAUSE = _set(
    "and but or that if when because so then which what who how why where whether as than while until once"
)
TAKES_MORE = _set(
    "make makes leave keep set turn get have has mark hold paint call tell give show ask let see hear help watch "
    "want need teach send offer declare tag name charge"
)
"""Verbs after whose object another word may follow that is no part of it (`leave the gate open`)."""
NO_NOUN = _set(
    "straight away twice once together soon right asap overnight online early later express aside apart forward "
    "next last half directly sent thrown paid kept put done gone made built sold told shut open free ready good "
    "fast abroad home alone long far cheap cheaper better worse here there else ago"
)
"""Words after a noun that do not go on with it."""
MEASURES = _set("at by to for about around until till from past over under than of")
"""Words before a number that measures."""
UNDOING = _set("undo revert reverse revers roll take put change chang turn back last latest")
VERB_BEFORE_CLAUSE = _set(
    "think thought thinks know knew knows hope hoped hopes say said says tell told tells believe believed assume "
    "assumed guess "
    "sure afraid glad happy sorry certain aware wish wished suppose see saw heard hear notice noticed note noted "
    "mean means meant "
    "agree agreed confirm confirmed ensure make sure so such now given provided except understand understood feel "
    "felt remember "
    "forgot mention mentioned fact me him us them you"
)
CLAUSE_SUBJECTS = _set("i you we he she it they the a an there this these those my your our his their nobody everyone")
SET_ASIDE = _set("mind forget")
VERDICTS = _set(
    "fine ok okay all good great right correct true enough it perfect nice wonderful lovely wrong odd strange "
    "funny bad sad "
    "life settled clear why how what because not helpful kind impossible possible alright amazing awful brilliant "
    "cool fair quick fast useful interesting unfortunate annoying"
)
EXPLETIVES = _set(
    "raining rains rain snowing snows snow snowed rained pours late early cold hot warm dark sunny windy time "
    "possible impossible "
    "important likely unlikely seems seemed seem turns looks appears never depends takes took matters fine ok "
    "okay clear true easy "
    "hard difficult nice good great bad best better worth monday tuesday wednesday thursday friday saturday "
    "sunday christmas "
    "weekend lunchtime noon midnight been about that going common rare nothing only freezing boiling pouring "
    "hailing foggy my"
)
TIME_NOUNS = _set(
    "time second minute hour day week weekend fortnight month quarter year decade century morning noon afternoon "
    "evening night "
    "monday tuesday wednesday thursday friday saturday sunday january february march april may june july august "
    "september october "
    "november december spring summer autumn winter season term semester advent half today moment"
)
# Nouns that a demonstrative or ordinal joins in set phrases without pointing at anything.
VAGUE_NOUNS = TIME_NOUNS | _set(
    "way kind sort thing stuff point reason place thought sight instance glance regard respect matter much many "
    "long far sense "
    "step try attempt impression aid name language resort word straw minute floor person opinion chance hand rate "
    "extent means "
    "mean said being effect"
)
TITLES: dict[str, Gender | None] = {
    "mr": "m",
    "sir": "m",
    "mister": "m",
    "herr": "m",
    "father": "m",
    "brother": "m",
    "mrs": "f",
    "ms": "f",
    "miss": "f",
    "madam": "f",
    "sister": "f",
    "mother": "f",
    "frau": "f",
    "dr": None,
    "prof": None,
    "professor": None,
    "doctor": None,
    "judge": None,
    "nurse": None,
    "captain": None,
}
GENDERED_NOUNS: dict[str, Gender] = {
    "man": "m",
    "gentleman": "m",
    "boy": "m",
    "husband": "m",
    "son": "m",
    "guy": "m",
    "dad": "m",
    "woman": "f",
    "lady": "f",
    "girl": "f",
    "wife": "f",
    "daughter": "f",
    "mum": "f",
    "mom": "f",
}
PERSON_TYPES = _set(
    "person employee customer patient contact user applicant candidate colleague officer inspector licensee "
    "holder client member "
    "nurse doctor reviewer guest passenger tenant policyholder claimant complainant witness attendee author owner "
    "staff driver artist singer musician composer actor director writer teacher student pupil speaker manager lawyer "
    "neighbour neighbor friend reporter editor"
)
MORE_PEOPLE = _set("guide expert coach cook chef clerk agent host judge scout partner guest nurse starter")
ORGANISATIONS = _set(
    "company firm team department shop vendor supplier bank authority office agency school club organisation "
    "organization business association council ministry university hospital insurer airline"
)
"""Types that `they` may mean alone."""
PERSON_ENDINGS = ("er", "or", "ist", "ian", "ee", "ant", "man", "woman")
THING_ENDINGS = _set(
    "order offer letter paper folder number folder reminder transfer server router ticker tracker counter "
    "computer printer meter "
    "container parameter newsletter filter answer matter chapter register docket motor sensor monitor error door "
    "floor mirror "
    "anchor elevator generator list gist fee coffee committee plant grant restaurant cover deposit banner scanner "
    "trailer poster cluster "
    "folder timer border quarter dinner corner power water summer winter"
)

TYPE_WORDS: dict[str, frozenset[str]] = {
    "event": _set("event appointment meeting session date booking slot"),
    "meeting": _set("meeting appointment call session"),
    "booking": _set("booking reservation"),
    "reservation": _set("booking reservation"),
    "document": _set("document paper file form letter"),
    "pull_request": _set("pull request pr change"),
    "ticket": _set("ticket issue"),
    "issue": _set("ticket issue bug"),
    "order": _set("order purchase"),
    "product": _set("product item article"),
    "item": _set("item article line"),
    "inspection_report": _set("inspection report"),
    "flight": _set("flight plane connection"),
    "hotel": _set("hotel place accommodation"),
    "restaurant": _set("restaurant place"),
    "task": _set("task job todo"),
    "job": _set("job task"),
    "transaction": _set("transaction payment transfer charge"),
    "payment": _set("payment transfer"),
    "transfer": _set("transfer payment"),
    "application": _set("application request"),
    "turn": _set("statement message remark"),
}
# What a file's ending says it is.
FILE_WORDS: dict[str, frozenset[str]] = {
    ending: _set(words)
    for endings, words in (
        ("xlsx xls ods csv", "spreadsheet sheet table workbook"),
        ("docx doc odt rtf", "document"),
        ("txt md", "text note notes"),
        ("pdf", "pdf document"),
        ("pptx ppt odp", "presentation slides deck"),
        ("jpg jpeg png gif heic svg webp", "picture photo image"),
        ("mp3 wav flac ogg", "audio recording sound"),
        ("mp4 mov avi mkv", "video clip film"),
        ("zip tar gz 7z", "archive"),
        ("py js ts java go rs c cpp rb", "script code source"),
        ("json yaml yml toml ini", "config configuration"),
        ("log", "log"),
    )
    for ending in endings.split()
}
TURN_TYPES = _set("turn message statement utterance")

# Words of one meaning, for properties and for acts; the first of a row is only its name.
ALIKE = tuple(
    _set(row)
    for row in (
        "old outdated obsolete stale expired",
        "broken damaged torn defective faulty cracked ripped",
        "open pending unresolved",
        "unpaid outstanding due overdue",
        "cancel cancelled call annul",
        "urgent critical",
        "empty purge clear flush",
        "delete remove erase wipe drop discard bin scrap trash",
        "publish release public",
        "pay transfer remit settle",
        "send dispatch mail ship",
        "submit file lodge",
        "approve accept authorise authorize grant",
        "reject refuse deny decline",
        "close shut",
        "stop halt end terminate kill",
        "current new",
        "done finished complete completed",
        "failed failing red broken",
        "sack dismiss fire terminate",
        "refund reimburse",
        "restart reboot",
        "move reschedule shift postpone",
        "serve deliver",
    )
)
REVERSALS = _set(
    "reinstate restore reactivate reopen revive recover undelete unblock unarchive uncancel resurrect reenable "
    "re-enable"
)
GONE = _set(
    "cancelled canceled retired deleted removed closed archived discontinued withdrawn revoked expired scrapped "
    "dropped "
    "disabled terminated void"
)
YES, NO = _set("yes true y"), _set("no false none n never")
KINDLIKE = _set("kind type category role title name sort class gender profession job position")

LESS, MORE = "less", "more"
SUPERLATIVES: dict[str, tuple[str, frozenset[str]]] = {
    word: (direction, keys)
    for words, direction, keys in (
        ("cheapest cheaper", LESS, _set("price cost amount total fare fee rent premium rate")),
        ("dearest priciest dearer", MORE, _set("price cost amount total fare fee rent premium")),
        ("expensive costly costliest", MORE, _set("price cost amount total fare fee rent premium")),
        ("biggest largest bigger larger most", MORE, frozenset()),
        ("smallest smaller fewest least", LESS, frozenset()),
        ("highest higher", MORE, frozenset()),
        ("lowest lower", LESS, frozenset()),
        ("longest longer slowest", MORE, _set("hours minutes days duration length weeks months pages nights time")),
        (
            "shortest shorter fastest quickest",
            LESS,
            _set("hours minutes days duration length weeks months pages nights time"),
        ),
        ("best", MORE, _set("rate pay rating score stars interest salary")),
        ("worst", LESS, _set("rate rating score stars")),
        ("warmest warmer hottest hotter", MORE, _set("temp temperature degrees")),
        ("coldest colder coolest cooler", LESS, _set("temp temperature degrees")),
        ("tallest taller", MORE, _set("height metres cm floors")),
        ("fullest fuller busiest busier", MORE, _set("used messages load occupancy share percent bookings")),
        ("emptiest emptier", LESS, _set("used messages load occupancy share percent bookings")),
        ("loudest louder", MORE, _set("volume db")),
        ("quietest quieter", LESS, _set("volume db")),
        ("youngest younger", LESS, _set("age")),
        ("deepest deeper", MORE, _set("depth metres")),
        ("widest wider", MORE, _set("width metres cm")),
        ("furthest farthest", MORE, _set("distance km miles metres minutes")),
        ("nearest closest nearer closer", LESS, _set("distance km miles metres minutes")),
        ("heaviest heavier", MORE, _set("weight kg")),
        ("lightest lighter", LESS, _set("weight kg")),
    )
    for word in words.split()
}
MONTHS = {
    m: i for i, m in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1)
}
WEEKDAYS = {d: i for i, d in enumerate(["mon", "tue", "wed", "thu", "fri", "sat", "sun"], 1)}
