"""Which letters mean which vowel at the end of an English word: rules in their order, and words that follow none.

What stands behind the vowel, up to the end of the word, is read consonant by consonant.
"""

from __future__ import annotations

import re

ANY = "[^aeiouy]*e?"
"""Consonants to the end, and perhaps a silent e."""
SOME = "[^aeiouy]+e?"
BARE = "[^aeiouy]*"

_TABLE = (
    # whole endings
    ("[aeiouy].*", "[tcs]ious", "", "ʃəs"),
    ("[aeiouy].*[^aeiou]", "ous", "", "əs"),
    ("[aeiouy].*", "(t|ss)ion", "", "ʃən"),
    ("[aeiouy].*", "sion", "", "ʒən"),
    ("[aeiouy].*", "ture", "", "tʃər"),
    ("[aeiouy].*", "(ss|t|c)ian", "", "ʃən"),
    ("[aeiouy].*", "[ai]bly", "", "əbli"),
    ("[^e]", "ase", "", "eɪs"),
    ("", "ouse", "", "aʊs"),
    ("", "oose", "", "us"),
    ("", "eig|aig", "n", "eɪ"),
    ("[aeiouy].*m", "an", "", "ən"),
    ("s", "ure", "", "ʊr"),
    ("[aeiouy].*(t|n|h|tr)", "ess", "", "əs"),
    ("", "oh", "", "oʊ"),
    ("", "ah", "", "ɑ"),
    ("", "[ae]igh", "t?", "eɪ"),
    ("", "igh", "t?", "aɪ"),
    ("", "ough|augh", "t", "ɔ"),
    ("", "i", "gn", "aɪ"),
    # r behind the vowel
    ("w", "or", "[dkmlts].*", "ɜr"),
    ("w|qu", "ar", BARE, "ɔr"),
    ("", "air|are|eir|[tw]here|[bw]ear", "", "ɛr"),
    ("", "eer|ere|ier|ear", "(d|s|ce)?", "ɪr"),
    ("", "ear", "[^aeiouy]+", "ɜr"),
    (".", "ire|yre|iar", "", "aɪr"),
    ("[hfls]|fl", "our", "", "aʊr"),
    ("", "oor|oar|our|ore|or", ANY, "ɔr"),
    ("", "er|ir|ur|yr", ANY, "ɜr"),
    ("", "ar", ANY, "ɑr"),
    # two letters
    ("", "ai|ay|ei", ANY, "eɪ"),
    ("^.*(ob|th|pr|gr)", "ey", "", "eɪ"),
    ("", "ey", "", "i"),
    ("", "ee|ea", ANY, "i"),
    ("", "ie", "[^aeiouy]+e?", "i"),
    ("", "oi|oy", ANY, "ɔɪ"),
    ("", "au|aw", ANY, "ɔ"),
    ("", "oo", "k", "ʊ"),
    ("", "oo|ew|ui|eu", ANY, "u"),
    ("", "ue", "", "u"),
    ("", "oa|oe", ANY, "oʊ"),
    ("", "ow", "n?", "oʊ"),
    ("", "ou|ow", ANY, "aʊ"),
    # a silent e behind one consonant or two
    ("[aeiouy].*[^rlnvh]|[aeiouy].*s", "i", "ve", "ɪ"),
    ("[aeiouy].*[^t]", "i", "ne", "ɪ"),
    ("[aeiouy].*", "i", "ce", "ɪ"),
    ("[aeiouy].*", "i", "te", "aɪ"),
    ("[aeiouy].*", "a", "ge", "ɪ"),
    ("", "a", "([^aeiouy]|st|ng|th)e", "eɪ"),
    ("", "e", "([^aeiouy]|th)e", "i"),
    ("", "[iy]", "([^aeiouy]|th)e", "aɪ"),
    ("", "o", "([^aeiouy]|th)e", "oʊ"),
    ("", "u", "([^aeiouy]|th)e", "u"),
    # one letter in company
    ("[^u]", "i", "nd|ld", "aɪ"),
    ("", "ol", "k", "oʊ"),
    ("", "o", "l[dlt]", "oʊ"),
    ("m|h|p", "o", "st", "oʊ"),
    ("", "al", "k", "ɔ"),
    ("", "al", "m", "ɑ"),
    ("", "al", "f|ve", "æ"),
    ("[aeiouy].*", "a", "l", "ə"),
    ("", "a", "l[ltd]", "ɔ"),
    ("[aeiouy].*", "a", "nce|nt", "ə"),
    ("[aeiouy].*[^st]", "e", "nce|nt", "ə"),
    ("", "o", "n[gk]|ff|ft|ss|st|th", "ɔ"),
    ("w", "a", "[^gxckn].*", "ɑ"),
    ("[pfb]", "u", "ll|sh", "ʊ"),
    ("[aeiouy].*", "o", "n|m", "ə"),
    # the vowel is the last letter
    ("^[^aeiouy]+", "y|ie|ye", "", "aɪ"),
    ("[aeiouy].*(if|pl)|^.*ef", "y", "", "aɪ"),
    ("", "y|ie", "", "i"),
    ("^[^aeiouy]+", "e", "", "i"),
    ("", "o", "", "oʊ"),
    ("", "a", "", "ə"),
    ("", "i", "", "i"),
    ("", "u", "", "u"),
    # any one letter
    ("", "a", SOME, "æ"),
    ("", "e", SOME, "ɛ"),
    ("", "[iy]", SOME, "ɪ"),
    ("", "o", SOME, "ɑ"),
    ("", "u", SOME, "ʌ"),
)
"""What stands before, the letters of the vowel, what stands behind them to the end, the sound: the first that fits."""

RULES = tuple(
    (re.compile(rf"^.*(?:{before})(?:{letters})(?P<rest>{behind})$"), sound)
    for before, letters, behind, sound in _TABLE
)


_WORDS = """
ʌv: love above dove glove shove of
ʌm: come some become welcome from
ʌn: done one none son won everyone someone anyone
ɪv: give live forgive
æv: have
uv: move prove improve remove approve
uz: lose whose choose news
ɔn: gone on upon
u: do to who two you through into shoe too unto threw
eɪ: they weigh neigh
eɪk: break steak
eɪt: great straight
ɛd: head dead bread read said instead dread tread spread led thread
ɛθ: death breath
ɛl: farewell hotel
ɛlθ: health wealth
ɛt: sweat threat debt
ɛnd: friend
ɛn: men then again when amen
ɛni: any many
ɛs: yes
ʊd: could would should good wood stood hood understood childhood neighbourhood
ʌd: blood flood
ʊt: foot put
ʌf: enough rough tough
oʊ: though although dough ago
aʊ: now how cow brow vow bow allow plough bough thou endow somehow
aʊn: down town crown brown gown drown frown
ɔt: thought brought fought sought caught taught ought bought nought
ɔtər: daughter water
æf: laugh half
ɑrt: heart art part start
ɔr: for war door floor poor four your pour more or nor before o'er
ɔrs: course horse force
aʊr: our hour flower power tower shower
ʌŋ: young tongue among
ʌtʃ: touch such much
oʊl: soul whole
oʊn: own known grown shown thrown flown blown unknown
uθ: youth truth
ɪz: is his 'tis tis
ʌz: was does
æz: as has
ɪt: it minute
aɪz: eyes wise skies lies dies cries rise arise surprise sighs prize
aɪ: eye i high sigh by my why july deny rely reply supply apply comply multiply occupy ally buy thereby defy
ɜr: were her sir stir fur occur prefer
ɜrs: worse
ɑr: are
ɛr: there where their ere bear wear swear pear heir prayer tear ne'er e'er
ɪr: here fear dear near hear year clear appear
aɪst: christ
aɪf: life
ʌðər: brother mother another other
ɑðər: father rather
ɛvər: ever never forever however whatever
ɛðər: together weather whether feather
ɪvər: river
oʊvər: over
ʌndər: under wonder thunder
i: me thee sea key
ipəl: people
ə: the a
æl: shall
ɪn: been
ʌt: what
ʌst: dost
ʌθ: doth
ɛz: says
ɛnt: meant
ɛlt: dealt
aɪət: quiet
oʊnt: don't won't
ænt: can't
ɑrnt: aren't
ɛvən: heaven heav'n seven eleven
ivən: even
ɔl: all
us: use
aʊs: house mouse
ɜrd: heard
oʊldər: soldier shoulder
ænd: understand
"""

IRREGULAR: dict[str, str] = {
    word: sound
    for sound, _, words in (line.partition(": ") for line in _WORDS.strip().splitlines())
    for word in words.split()
}
"""Common words that follow no rule, or that a rule gets wrong, and their keys."""
