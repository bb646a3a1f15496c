"""Closed word lists of English: what introduces, ends and qualifies a phrase.

Made by hand from grammar, not from any data set. Every list is data; no rule holds a word of its own domain.
"""

from __future__ import annotations


def word_set(words: str) -> frozenset[str]:
    """Split a line of words."""
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
NEWEST = word_set("latest newest newer later")
OLDEST = word_set("earliest oldest older earlier")

PARTICLES = word_set("back up down out off on in")
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
POSSESSIVES = word_set("his her its their")
DEMONSTRATIVES = word_set("this that these those")

PREPOSITIONS = word_set(
    "of in on at by for with from to into onto about over under after before between through during without within "
    "against since until till via per than as"
)
FUNCTION_WORDS = PREPOSITIONS | word_set(
    "a an the and or but nor so if when while because though although then than i you we he she it they me us him "
    "her them "
    "my your our his its their this that these those who whom whose which what where why how is are was were be "
    "been being am "
    "aren isn wasn weren doesn didn hasn haven hadn won wouldn couldn shouldn "
    "do does did don have has had having can could will would shall should may might must not no yes please just "
    "only also too "
    "very still now again back up down out off today tomorrow tonight yesterday there here ok okay 's 're 've 'll "
    "'d 'm 't "
    "ever already yet instead first anyway maybe either neither both all each every any some everything everyone "
    "anything nothing"
)
AUXILIARIES = word_set("is are was were do does did has have had will would can could shall should may might must")
OPENS_CLAUSE = word_set(
    "and but or that if when because so then which what who how why where whether as than while until once"
)
TAKES_MORE = word_set(
    "make makes leave keep set turn get have has mark hold paint call tell give show ask let see hear help watch "
    "want need teach send offer declare tag name charge"
)
"""Verbs after whose object another word may follow that is no part of it (`leave the gate open`)."""
NO_NOUN = word_set(
    "straight away twice once together soon right asap overnight online early later express aside apart forward "
    "next last half directly sent thrown paid kept put done gone made built sold told shut open free ready good "
    "fast abroad home alone long far cheap cheaper better worse here there else ago"
)
"""Words after a noun that do not go on with it."""
MEASURES = word_set("at by to for about around until till from past over under than of")
"""Words before a number that measures."""
UNDOING = word_set(
    "undo revert reverse revers scratch strike strik roll take tak put change chang turn back last latest"
)
VERB_BEFORE_CLAUSE = word_set(
    "think thought thinks know knew knows hope hoped hopes say said says tell told tells believe believed assume "
    "assumed guess "
    "sure afraid glad happy sorry certain aware wish wished suppose see saw heard hear notice noticed note noted "
    "mean means meant "
    "agree agreed confirm confirmed ensure make sure so such now given provided except understand understood feel "
    "felt remember "
    "forgot mention mentioned fact me him us them you"
)
TELLING = word_set(
    "tell inform notify warn remind advise assure note write say mention explain confirm let add record state"
)
"""Verbs after which `that` opens what is told."""
CLAUSE_SUBJECTS = word_set(
    "i you we he she it they the a an there this these those my your our his their nobody everyone"
)
SET_ASIDE = word_set("mind forget")
VERDICTS = word_set(
    "fine ok okay all good great right correct true enough it perfect nice wonderful lovely wrong odd strange "
    "funny bad sad "
    "life settled clear why how what because not helpful kind impossible possible alright amazing awful brilliant "
    "cool fair quick fast useful interesting unfortunate annoying"
)
EXPLETIVES = word_set(
    "raining rains rain snowing snows snow snowed rained pours late early cold hot warm dark sunny windy time "
    "possible impossible "
    "important likely unlikely seems seemed seem turns looks appears never depends takes took matters fine ok "
    "okay clear true easy "
    "hard difficult nice good great bad best better worth monday tuesday wednesday thursday friday saturday "
    "sunday christmas "
    "weekend lunchtime noon midnight been about that going common rare nothing only freezing boiling pouring "
    "hailing foggy my"
)
TIME_NOUNS = word_set(
    "time second minute hour day week weekend fortnight month quarter year decade century morning noon afternoon "
    "evening night "
    "monday tuesday wednesday thursday friday saturday sunday january february march april may june july august "
    "september october "
    "november december spring summer autumn winter season term semester advent half today moment"
)
# Nouns that a demonstrative or ordinal joins in set phrases without pointing at anything.
VAGUE_NOUNS = TIME_NOUNS | word_set(
    "way kind sort thing stuff point reason place thought sight instance glance regard respect matter much many "
    "long far sense "
    "step try attempt impression aid name language resort word straw minute floor person opinion chance hand rate "
    "extent means "
    "mean said being effect"
)
