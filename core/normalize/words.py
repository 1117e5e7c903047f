"""Words that forms and people use for yes, no, nothing and nobody, and the names of the months."""

# ruff: noqa: SIM905 -- lists of words are easier to read and extend as text

YES = frozenset(
    "yes y true t 1 on x ja j wahr oui vrai si sí sì sim da tak kyllä ano igen checked selected ok agree agreed accepted"
    " ✓ ✔ ☑ ✅ はい 是".split()
)
NO = frozenset(
    "no n false f 0 off nein falsch non faux nee não nao nie nej ei ne nem unchecked disagree declined ✗ ✘ ☐ ❌ いいえ 否".split()
)

EMPTY_MARKS = frozenset(
    "n/a n.a. n.a n.v.t. n/v k.a. k/a s/o #n/a null undefined nil (none) (null) (leer) (empty) none nan".split()
) | {
    "[object object]", "not provided", "not applicable", "not available", "nicht angegeben", "keine angabe", "no aplica",
}  # fmt: skip

NOBODY = (
    EMPTY_MARKS
    | frozenset(
        """
        test tests tester testing test1 test2 test123 unknown unbekannt inconnu desconocido anonymous anonym asdf asdfg asdfgh
        asdfasdf asd sdf qwe qwer qwert qwerty qwertz qwerty123 abc abcd abc123 foo bar foobar blah bla blabla lorem tbd tba
        keine kein keiner niemand nobody noname nada aucun aucune ninguno nessuno geen dummy fake firstname lastname
        name vorname nachname company firma testfirma xyz
        """.split()
    )
    | {
        "test test", "test user", "test lead", "test name", "test person", "test company", "test account", "test firma",
        "test contact", "test gmbh", "no name", "first name", "last name", "your name", "foo bar", "asdf asdf", "lorem ipsum",
        "first last", "vorname nachname", "no company", "keine firma", "nicht bekannt", "not known", "don't know",
    }
)  # fmt: skip

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar jänner jän janvier janv enero ene gennaio gen januari janeiro styczeń stycznia",
            "february feb februar feber février févr fév febrero febbraio februari fevereiro fev luty lutego",
            "march mar märz mär mrz maerz mars marzo maart mrt março marca",
            "april apr avril avr abril abr aprile kwietnia",
            "may mai mayo maggio mag mei maio maja",
            "june jun juni juin junio giugno giu junho czerwca",
            "july jul juli juillet juil julio luglio lug julho lipca",
            "august aug août aout agosto ago augustus sierpnia",
            "september sep sept septembre septiembre settembre set setembro września",
            "october oct oktober okt octobre octubre ottobre ott outubro out października",
            "november nov novembre noviembre novembro listopada",
            "december dec dezember dez décembre déc diciembre dic dicembre desember dezembro grudnia",
        ),
        start=1,
    )
    for name in names.split()
}

MONTH_FIRST_ZONES = frozenset(
    "America/" + city
    for city in "New_York Chicago Denver Los_Angeles Phoenix Anchorage Detroit Boise Juneau Indianapolis Puerto_Rico".split()
) | {"Pacific/Honolulu", "Asia/Manila"}
