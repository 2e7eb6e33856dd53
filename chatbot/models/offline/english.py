"""The words of English that mean the same in front of every tool: filler, states, and verbs that are alike."""


def bag(words: str) -> frozenset[str]:
    """Return the words of a text as a set."""
    return frozenset(words.split())


STOP = bag(
    """a about actually after again all already also am an and another any anybody anyone anything are aren't as ask
    assist assistance assistant at away back be because been before being below best better between both but by bye
    can can't cannot cheers could couldn't currently current did didn't do does doesn't doing don't done down each
    either else enough ever every everything few first fine for from get gets getting give given gives go going good
    goodbye got great had has have haven't having he hello help her here here's hers hey hi him his how how's i i'd
    i'll i'm i've if in instead into is isn't it it's its itself just kindly know last latest least let let's like
    lot many maybe me mean mine more most much must my myself need needs never new next no nope not nothing now of
    off ok okay old on once one ones only onto or other our ours out over own perhaps please problem quick quickly
    quite rather really right same say see shall she should so some somebody someone something soon sorry stuff sure
    take than thank thanks that that's the their them then there there's these they they're thing things this those
    through thx to today together tomorrow too top towards try trying tonight under until up upon urgent urgently us
    use used using very via wanna want wants was wasn't we we'd we're welcome well were what what's when where
    where's whether which while who who's whole whose why will with within without won't would wouldn't yea yeah yep
    yes yesterday yet you you'd you're your yours yourself yup nah hmm hm um uh oh ah wonder wondering possible
    possibly able immediately fast ahead certain specific item items entry entries details detail info information
    question based provided provide"""
)
"""Filler: never a value of its own accord, and nothing about what is wanted."""

STATES = bag(
    """afraid available bad blocked broken busy confused correct curious down empty expired fine glad gone good
    happy here incorrect interested invalid late locked lost missing new okay open pending ready sad stuck tired
    unknown unsure valid working wrong"""
)
"""What something may be said to be without that being its value: "my key is wrong"."""

_SAME = {
    "get": "fetch retrieve lookup show tell read find search query look",
    "create": "add make insert put append new",
    "delete": "remove erase drop discard",
    "update": "change modify edit set adjust turn",
    "id": "uuid identifier identification ids",
    "convert": "exchange conversion",
    "verify": "verification authenticate login log",
}
CONCEPTS = {word: concept for concept, words in _SAME.items() for word in words.split()}
DETERMINERS = bag("the a an my your our his her their this that these those some any")
"""Behind these stands a common noun."""

VERBS = bag("get create delete update return list check call run do is give")
"""Verbs that begin the names of tools of every kind, so that they tell little about any."""
