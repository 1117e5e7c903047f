"""The words around a person's name: salutations, titles, particles, suffixes, and the words that join two people."""

SALUTATIONS = frozenset(
    """
    mr mrs ms miss mx sir madam herr herrn frau fräulein hr fr monsieur madame mademoiselle m. mme mlle señor señora señorita sr. sra srta
    senor senora signor signora signorina sig sig.ra senhor senhora dhr mevr mevrouw meneer pan pani
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

TITLE_FOLLOWERS = frozenset("med rer nat jur phil oec pol h.c hc techn mult em habil dent vet theol sc math ing agr".split())

PARTICLES = frozenset(
    """
    van von vom zu zum zur der den dem del della delle dello degli dei de da do dos das di du des d' la le las los el al ter ten te
    tot op 't af av ibn bin bint binti ben abu mac mc st. san santa vander vanden und-zu y e i
    """.split()
)

LOWER_PARTICLES = frozenset(
    "van von vom zu zum zur der den dem del della delle dello degli dei de da do dos das di du des la las los ter ten te 't af av y".split()
)

PARTICLE_LEADS = frozenset(
    "van von vom zu zum zur de del della delle dello degli dei da do dos das di du des ter ten te af av ibn bin bint binti".split()
)

SUFFIXES = frozenset(
    """
    jr sr jun sen junior senior ii iii iv vi vii viii phd ph.d md m.d mba m.b.a esq esquire cpa cfa pmp rn dds d.d.s dvm jd j.d
    llm ll.m llb ll.b msc m.sc bsc b.sc ma m.a ba b.a m.eng b.eng meng beng mphil edd ed.d psyd psy.d pe p.e cissp pmi fca fcca aca
    acca mcips cmgr obe mbe cbe kbe qc kc ret hon filho neto fils père
    """.split()
)

UPPER_SUFFIXES = frozenset("ii iii iv vi vii viii md mba cpa cfa pmp rn dds dvm jd cissp".split())

JOINERS = frozenset("& + und and et e y og och en".split())

SURE_JOINERS = frozenset("& + und and et".split())
