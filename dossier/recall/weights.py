"""How much each signal counts.

Where they come from: a listwise softmax loss over the questions of five long two-person conversations (LoCoMo, 760
questions), leaving out one conversation at a time; each weight came out within about a tenth of its value in all five,
and evidence recall on the conversation left out stayed within 0.5 points of the whole. The last block is set by hand:
those conversations have no turns that bind, and their questions stand apart from any talk.
"""

from dossier.recall.signals import Signals

WEIGHTS = Signals(
    words=3.1,
    around=4.0,
    session=2.4,
    speaker=2.6,
    time=6.6,
    replies=2.7,
    form=1.9,
    content=1.1,
    asks=-0.6,
    # By hand.
    long=-1.0,
    binds=0.4,
    recent=0.5,
    leant_on=8.0,
)

PART = 2.0
"""What holding a term of the request is worth while no better turn has shown that term."""
PART_LEFT = 0.5
"""What is left of it each time that a better turn has."""

RANK_SMOOTHING = 30
"""The constant of reciprocal rank fusion (Cormack, Clarke and Büttcher, 2009); they use 60, long lists of few hits."""
MEANING = 0.5
"""How much a rank by meaning counts beside the rank by signals."""
