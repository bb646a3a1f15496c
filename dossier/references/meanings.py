"""What nouns and properties mean, by hand from general knowledge of English: people, kinds of things, comparisons.

Not from any data set. Every list is data; no rule holds a word of its own domain.
"""

from __future__ import annotations

from typing import Literal

from dossier.references.lexicon import word_set

Gender = Literal["m", "f"]

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
PERSON_TYPES = word_set(
    "person employee customer patient contact user applicant candidate colleague officer inspector licensee "
    "holder client member "
    "nurse doctor reviewer guest passenger tenant policyholder claimant complainant witness attendee author owner "
    "staff driver artist singer musician composer actor director writer teacher student pupil speaker manager lawyer "
    "neighbour neighbor friend reporter editor"
)
MORE_PEOPLE = word_set("guide expert coach cook chef clerk agent host judge scout partner guest nurse starter")
ORGANISATIONS = word_set(
    "company firm team department shop vendor supplier bank authority office agency school club organisation "
    "organization business association council ministry university hospital insurer airline"
)
"""Types that `they` may mean alone."""
PERSON_ENDINGS = ("er", "or", "ist", "ian", "ee", "ant", "man", "woman")
THING_ENDINGS = word_set(
    "order offer letter paper folder number folder reminder transfer server router ticker tracker counter "
    "computer printer meter "
    "container parameter newsletter filter answer matter chapter register docket motor sensor monitor error door "
    "floor mirror "
    "anchor elevator generator list gist fee coffee committee plant grant restaurant cover deposit banner scanner "
    "trailer poster cluster "
    "folder timer border quarter dinner corner power water summer winter"
)

TYPE_WORDS: dict[str, frozenset[str]] = {
    "event": word_set("event appointment meeting session date booking slot"),
    "meeting": word_set("meeting appointment call session"),
    "booking": word_set("booking reservation"),
    "reservation": word_set("booking reservation"),
    "document": word_set("document paper file form letter"),
    "pull_request": word_set("pull request pr change"),
    "ticket": word_set("ticket issue"),
    "issue": word_set("ticket issue bug"),
    "order": word_set("order purchase"),
    "product": word_set("product item article"),
    "item": word_set("item article line"),
    "inspection_report": word_set("inspection report"),
    "flight": word_set("flight plane connection"),
    "hotel": word_set("hotel place accommodation"),
    "restaurant": word_set("restaurant place"),
    "task": word_set("task job todo"),
    "job": word_set("job task"),
    "transaction": word_set("transaction payment transfer charge"),
    "payment": word_set("payment transfer"),
    "transfer": word_set("transfer payment"),
    "application": word_set("application request"),
    "turn": word_set("statement message remark"),
}
# What a file's ending says it is.
FILE_WORDS: dict[str, frozenset[str]] = {
    ending: word_set(words)
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
TURN_TYPES = word_set("turn utterance")

# Words of one meaning, for properties and for acts; the first of a row is only its name.
ALIKE = tuple(
    word_set(row)
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
REVERSALS = word_set(
    "reinstate restore reactivate reopen revive recover undelete unblock unarchive uncancel resurrect reenable "
    "re-enable"
)
GONE = word_set(
    "cancelled canceled retired deleted removed closed archived discontinued withdrawn revoked expired scrapped "
    "dropped "
    "disabled terminated void"
)
YES, NO = word_set("yes true y"), word_set("no false none n never")
KINDLIKE = word_set(
    "kind type category role title name sort class gender profession job position species breed brand make"
)

LESS, MORE = "less", "more"
SUPERLATIVES: dict[str, tuple[str, frozenset[str]]] = {
    word: (direction, keys)
    for words, direction, keys in (
        ("cheapest cheaper", LESS, word_set("price cost amount total fare fee rent premium rate")),
        ("dearest priciest dearer", MORE, word_set("price cost amount total fare fee rent premium")),
        ("expensive costly costliest", MORE, word_set("price cost amount total fare fee rent premium")),
        ("biggest largest bigger larger most", MORE, frozenset()),
        ("smallest smaller fewest least", LESS, frozenset()),
        ("highest higher", MORE, frozenset()),
        ("lowest lower", LESS, frozenset()),
        ("longest longer slowest", MORE, word_set("hours minutes days duration length weeks months pages nights time")),
        (
            "shortest shorter fastest quickest",
            LESS,
            word_set("hours minutes days duration length weeks months pages nights time"),
        ),
        ("best", MORE, word_set("rate pay rating score stars interest salary")),
        ("worst", LESS, word_set("rate rating score stars")),
        ("warmest warmer hottest hotter", MORE, word_set("temp temperature degrees")),
        ("coldest colder coolest cooler", LESS, word_set("temp temperature degrees")),
        ("tallest taller", MORE, word_set("height metres cm floors")),
        ("fullest fuller busiest busier", MORE, word_set("used messages load occupancy share percent bookings")),
        ("emptiest emptier", LESS, word_set("used messages load occupancy share percent bookings")),
        ("loudest louder", MORE, word_set("volume db")),
        ("quietest quieter", LESS, word_set("volume db")),
        ("youngest younger", LESS, word_set("age")),
        ("deepest deeper", MORE, word_set("depth metres")),
        ("widest wider", MORE, word_set("width metres cm")),
        ("furthest farthest", MORE, word_set("distance km miles metres minutes")),
        ("nearest closest nearer closer", LESS, word_set("distance km miles metres minutes")),
        ("heaviest heavier", MORE, word_set("weight kg")),
        ("lightest lighter", LESS, word_set("weight kg")),
    )
    for word in words.split()
}
MONTHS = {
    m: i for i, m in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1)
}
WEEKDAYS = {d: i for i, d in enumerate(["mon", "tue", "wed", "thu", "fri", "sat", "sun"], 1)}
