"""The words around a person's name: salutations, titles, particles, suffixes, and the words that join two people."""

# ruff: noqa: E501, SIM905 -- lists of words are easier to read and extend as text

SALUTATIONS = frozenset(
    """
    mr mrs ms miss mx sir herr herrn frau fräulein hr fr monsieur madame mademoiselle mme mlle señor señora señorita sr. sra srta
    senor senora signor signora signorina sig sig.ra senhor senhora dhr mevr mevrouw meneer pani
    """.split()
)

TITLES = frozenset(
    """
    dr dres doctor doktor prof professor professorin univ.-prof hon.-prof priv.-doz pd habil dipl dipl.-ing dipl.-kfm dipl.-kffr
    dipl.-inf dipl.-math dipl.-phys dipl.-chem dipl.-biol dipl.-psych dipl.-päd dipl.-betriebsw dipl.-wirt.-ing dipl.-volksw dipl.-oec
    dipl.-jur dipl.-des ing mag mag.a ddr dra prof.in dr.in dott dott.ssa dottore avv ir drs rev reverend hon lord lady dame capt
    captain col gen maj lt sgt rabbi imam med rer nat jur phil oec pol h.c hc techn mult em
    """.split()
)

TITLE_FOLLOWERS = frozenset("med rer nat jur phil oec pol h.c hc techn mult em habil dent vet theol sc math agr".split())

PARTICLES = frozenset(
    """
    van von vom zu zum zur der den dem del della delle dello degli dei de da do dos das di du des d' la le las los el al ter ten te
    tot op 't af av ibn bin bint binti ben abu mac mc st. san santa vander vanden
    """.split()
)

LOWER_PARTICLES = frozenset(
    "van von vom zu zum zur der den dem del della delle dello degli dei de da do dos das di du des la las los ter ten te 't af av y".split()
)

PARTICLE_LEADS = frozenset(
    "van von vom zu zum zur de del della delle dello degli dei da do dos das di du des ter ten te af av ibn bin bint binti".split()
)

NEED_DOT = frozenset("fr sr sig mag pd hon rev gen maj lt col sgt capt em avv ir drs mult hc sir lord dame lady imam".split())
"""Titles that are also names: they count only with a dot, as in `Mag. Eva Huber`."""

SUFFIXES = frozenset(
    """
    jr sr jun sen junior senior ii iii iv vi vii viii phd ph.d md m.d mba m.b.a esq esquire cpa cfa pmp rn dds d.d.s dvm jd j.d
    llm ll.m llb ll.b msc m.sc bsc b.sc ma m.a ba b.a m.eng b.eng meng beng mphil edd ed.d psyd psy.d pe p.e cissp pmi fca fcca aca
    acca mcips cmgr obe mbe cbe kbe qc kc ret hon filho neto fils père
    """.split()
)

UPPER_SUFFIXES = frozenset("ii iii iv vi vii viii md mba cpa cfa pmp rn dds dvm jd cissp".split())

TWO_FAMILY_NAMES = frozenset("ES MX AR CO CL PE VE EC GT CU BO DO HN PY SV NI CR PA UY PR".split())
"""Countries where a person has two family names."""

SURE_JOINERS = frozenset("& + und and et".split())
