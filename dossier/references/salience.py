"""How likely each candidate is the one that is taken up, by the fitted ranking of earlier mentions."""

from __future__ import annotations

from dossier.references import weights as w
from dossier.references.findings import Finding, tie
from dossier.references.mentions import Mention
from dossier.references.ranking import rank
from dossier.references.talk import Ids, Talk


def likeliest(talk: Talk, words: str, pool: Ids) -> tuple[str, float] | None:
    """Return the candidate of the pool that the conversation speaks for most, and how likely it is (0 to 1).

    A candidate takes part by the sentences that name it; one that none names has no part. None if none is named.
    """
    named = [(s, i) for s in talk.sentences for i in s.ids if i in pool]
    earlier = tuple(Mention(s.turn, s.role, talk.by_id[i].label) for s, i in named)
    ranked = rank(Mention(talk.situation.turn, "user", words), earlier)
    shares: dict[str, float] = {}
    for r in ranked:
        i = named[r.at][1]
        shares[i] = shares.get(i, 0.0) + r.probability
    best = max(shares, key=lambda i: (shares[i], i), default=None)
    return (best, min(shares[best], 1.0)) if best else None


def ranked(talk: Talk, equal: Ids, words: str) -> Finding:
    """Let the fitted ranking decide between what the rules find equal, where it is sure."""
    best = likeliest(talk, words, equal)
    if best and best[1] >= w.RANKED_FROM:
        return Finding((best[0],), w.RECENT, "the talk so far speaks for it", equal)
    return tie(equal, "several fit equally")
