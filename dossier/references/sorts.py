"""What sort of thing a noun names: a small lexicon written by hand from general knowledge of English."""

from __future__ import annotations

from typing import Final, Literal

from dossier.references.lexicon import word_set
from dossier.references.words import stem

Sort = Literal[
    "person", "group", "talk", "media", "event", "time", "place", "service", "title", "name", "thing", "pointer"
]
"""`title` is a name of three words or more; `pointer` a pronoun, `one` or an adverb."""


WOMEN_NOUNS = word_set(
    "mom mum mommy mother sister daughter wife girlfriend aunt auntie niece grandma grandmother granny nana woman "
    "lady girl queen bride hostess waitress actress fiancee stepmother mrs ms miss madam sis"
)
MEN_NOUNS = word_set(
    "dad daddy father brother son husband boyfriend uncle nephew grandpa grandfather man guy boy king groom waiter "
    "actor fiance stepfather mr sir bro dude gentleman hubby"
)
PEOPLE_NOUNS = word_set(
    "friend boss manager doctor dentist teacher cousin coworker colleague roommate neighbor neighbour partner "
    "spouse kid child baby parent caller contact landlord lawyer coach assistant client customer patient person "
    "someone somebody everyone professor nurse plumber mechanic babysitter nanny tutor accountant buddy bestie "
    "officer owner supervisor employee student classmate host guest sender author singer artist musician rapper "
    "pianist president"
)
GROUP_NOUNS = word_set(
    "group family team class band club crew committee parents friends kids children guys people folks"
)
TALK_NOUNS = word_set(
    "call message text email mail voicemail chat conversation line conference phone letter note reply answer memo "
    "notification sms request invitation"
)
MEDIA_NOUNS = word_set(
    "song track album playlist music video movie film version remix cover soundtrack single hit tune show podcast "
    "episode station radio article story news headline picture photo image book game lyric ballad mix opera "
    "symphony original clip trailer"
)
TIME_NOUNS = word_set(
    "now today tomorrow tonight yesterday week weekend day night morning afternoon evening noon midnight time hour "
    "minute month year monday tuesday wednesday thursday friday saturday sunday january february march april may "
    "june july august september october november december date pm am o'clock later soon"
)
EVENT_NOUNS = word_set(
    "reminder appointment meeting event party birthday lunch dinner breakfast trip wedding reception anniversary "
    "flight practice game concert class alarm list task schedule calendar deadline exam test interview visit"
)
PLACE_NOUNS = word_set(
    "home school work office house store park airport station city town street place room restaurant hotel church "
    "hospital gym beach mall library theater theatre there here shop bank"
)
SERVICE_NOUNS = word_set(
    "spotify pandora youtube itunes soundcloud facebook whatsapp skype messenger slack tidal deezer siri"
)

_ROWS: Final[tuple[tuple[Sort, frozenset[str]], ...]] = (
    ("person", PEOPLE_NOUNS | WOMEN_NOUNS | MEN_NOUNS),
    ("group", GROUP_NOUNS),
    ("talk", TALK_NOUNS),
    ("media", MEDIA_NOUNS),
    ("event", EVENT_NOUNS),
    ("time", TIME_NOUNS),
    ("place", PLACE_NOUNS),
    ("service", SERVICE_NOUNS),
)
SORT_OF: Final[dict[str, Sort]] = {stem(word): sort for sort, words in reversed(_ROWS) for word in words}
"""Sort of each noun's stem; the first row that has a word counts."""
