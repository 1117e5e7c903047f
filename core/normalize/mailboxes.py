"""What is known of mailboxes: which names are roles, which domains give mailboxes to everybody, which are thrown away."""

# ruff: noqa: E501, SIM905 -- lists of words are easier to read and extend as text

ROLES = frozenset(
    """
    info infos information office contact contacts contactus kontakt contacto contatto contato sales vertrieb verkauf ventas vendite
    vente ventes commercial commerciale comercial support help helpdesk hilfe service services servicedesk kundenservice
    kundendienst customerservice customercare care admin administrator administration administracion verwaltung sysadmin root
    hostmaster postmaster webmaster web website abuse security noc hello hallo hi hola bonjour ciao mail email post mailbox posta
    correo team crew staff marketing werbung press presse media medien pr news newsletter events event jobs job career careers
    karriere bewerbung bewerbungen recruiting recruitment hr humanresources personal rrhh rh billing buchhaltung accounting accounts
    account accountspayable invoice invoices rechnung rechnungen faktura facturacion facturation compta comptabilite finance finanzen
    finanzas purchasing einkauf compras achats procurement orders order bestellung bestellungen pedidos commandes shop store booking
    bookings reservation reservations reservierung empfang reception recepcion rezeption zentrale sekretariat secretary secretariat
    segreteria direction direccion geschaeftsleitung geschaeftsfuehrung management board vorstand legal recht datenschutz privacy
    dataprotection dpo gdpr compliance feedback enquiries enquiry inquiry inquiries anfrage anfragen request requests demo partner
    partners partnership business biz it edv tech technik technical development dev developers ops operations logistik logistics
    versand shipping export import production produktion quality praxis kanzlei buero studio hotel restaurant general main
    allgemein all everyone alle group club verein gemeinde rathaus school schule no1 sale subscribe unsubscribe list lists usenet
    ftp www uucp spam hotline training schulung academy education kurse infodesk welcome willkommen informatie verkoop klantenservice
    informacje biuro sprzedaz kontakty obchod prodej inf ufficio amministrazione acquisti assistenza ordini
    """.split()
)

NO_REPLY = frozenset(
    "noreply donotreply dontreply noresponse bounce bounces mailerdaemon nepasrepondre neantworten nichtantworten keineantwort"
    " noresponder naorespond devnull autoreply".split()
)

PLACES = frozenset(
    "emea apac dach usa intl global europe eu deutschland germany austria schweiz berlin hamburg muenchen munich wien".split()
)
"""Words beside a role: `sales-emea` is a role mailbox."""

PLACEHOLDER_LOCALS = frozenset(
    """
    test tests tester testing testuser testmail testemail testtest testlead testperson asdf asdfasdf asdfgh asdfghjkl asd sdf qwe
    qwer qwert qwerty qwertz none noemail nomail nomailaddress noaddress nothing nobody noone unknown unbekannt anonymous
    anonym fake fakemail fakeemail fakeaddress dummy keine keinemail keineemail null undefined notprovided notavailable notgiven
    invalid youremail yourname yourmail myemail exampleemail foobar blabla lorem ipsum na
    """.split()
)

PLACEHOLDER_LABELS = frozenset(
    """
    test tests tester testing testmail testtest asdf asdfasdf asd sdf qwe qwer qwerty qwertz none noemail nomail nowhere nothing
    unknown fake fakemail fakeemail dummy keine null undefined yourdomain yourcompany yoursite mydomain domainname foobar notgiven
    """.split()
)

FREE_DOMAINS = frozenset(
    """
    gmail.com googlemail.com hotmail.com hotmail.de hotmail.fr hotmail.it hotmail.es hotmail.co.uk hotmail.nl hotmail.be hotmail.ch
    hotmail.se hotmail.no hotmail.dk hotmail.gr hotmail.ca hotmail.com.ar hotmail.com.br hotmail.com.tr hotmail.com.au outlook.com outlook.de
    outlook.fr outlook.it outlook.es outlook.at outlook.be outlook.ie outlook.pt outlook.dk outlook.jp outlook.in outlook.com.br
    outlook.com.au live.com live.de live.fr live.it live.nl live.be live.co.uk live.at live.se live.no live.dk live.ca live.com.mx
    live.com.ar live.com.au live.cn msn.com passport.com windowslive.com yahoo.com yahoo.de yahoo.fr yahoo.it yahoo.es yahoo.co.uk
    yahoo.co.in yahoo.in yahoo.ca yahoo.com.br yahoo.com.ar yahoo.com.mx yahoo.com.au yahoo.co.jp yahoo.com.hk yahoo.com.tw
    yahoo.com.sg yahoo.com.ph yahoo.co.id yahoo.com.vn yahoo.com.tr yahoo.com.co yahoo.com.cn yahoo.gr yahoo.se yahoo.no yahoo.dk
    yahoo.ie yahoo.at yahoo.pl yahoo.ro yahoo.co.nz yahoo.co.za yahoo.co.kr yahoo.nl yahoo.be yahoo.pt ymail.com rocketmail.com
    myyahoo.com aol.com aol.de aol.fr aol.co.uk aol.it aim.com verizon.net icloud.com me.com mac.com gmx.de gmx.net gmx.at gmx.ch gmx.com
    gmx.eu gmx.info gmx.org gmx.biz gmx.fr gmx.es gmx.co.uk gmx.us web.de email.de mail.de freenet.de t-online.de magenta.de arcor.de
    online.de onlinehome.de 1und1.de kabelmail.de unitybox.de vodafone.de vodafonemail.de o2online.de o2mail.de alice-dsl.net
    versanet.de netcologne.de ewetel.net ewe.net osnanet.de posteo.de posteo.net posteo.at posteo.ch mailbox.org tutanota.com
    tutanota.de tutamail.com tuta.io tuta.com keemail.me protonmail.com protonmail.ch proton.me pm.me mail.com email.com usa.com
    post.com europe.com consultant.com engineer.com dr.com techie.com myself.com writeme.com cheerful.com inbox.com zoho.com
    zohomail.com zohomail.eu zoho.eu zoho.in fastmail.com fastmail.fm fastmail.net hushmail.com hush.com runbox.com lavabit.com
    startmail.com mailfence.com disroot.org riseup.net hey.com duck.com simplelogin.com firemail.de smart-mail.de spray.se
    orange.fr wanadoo.fr free.fr sfr.fr laposte.net neuf.fr bbox.fr club-internet.fr numericable.fr aliceadsl.fr voila.fr cegetel.net
    libero.it virgilio.it alice.it tin.it tim.it tiscali.it fastwebnet.it inwind.it iol.it email.it poste.it vodafone.it teletu.it
    telefonica.net terra.es ya.com ono.com movistar.es jazztel.es correo.com terra.com terra.com.br uol.com.br bol.com.br ig.com.br
    globo.com globomail.com r7.com oi.com.br zipmail.com.br sapo.pt clix.pt netcabo.pt iol.pt mail.pt
    bluewin.ch sunrise.ch hispeed.ch bluemail.ch swissonline.ch chello.at aon.at a1.net utanet.at kabsi.at liwest.at inode.at drei.at
    btinternet.com bt.com btopenworld.com sky.com virginmedia.com virgin.net ntlworld.com talktalk.net tiscali.co.uk blueyonder.co.uk
    o2.co.uk plusnet.com plus.com eircom.net ziggo.nl kpnmail.nl kpnplanet.nl planet.nl home.nl xs4all.nl hetnet.nl upcmail.nl
    casema.nl chello.nl quicknet.nl zonnet.nl telfort.nl online.nl telenet.be skynet.be proximus.be scarlet.be pandora.be
    telia.com tele2.se bredband.net comhem.se home.se online.no broadpark.no jubii.dk mail.dk stofanet.dk tdcadsl.dk get2net.dk
    kolumbus.fi luukku.com suomi24.fi elisanet.fi pp.inet.fi wp.pl o2.pl onet.pl op.pl interia.pl interia.eu poczta.onet.pl poczta.fm
    vp.pl tlen.pl gazeta.pl go2.pl autograf.pl seznam.cz email.cz post.cz centrum.cz volny.cz atlas.cz azet.sk zoznam.sk centrum.sk
    post.sk freemail.hu citromail.hu t-online.hu indamail.hu abv.bg mail.bg dir.bg yahoo.com.ua ukr.net i.ua meta.ua bigmir.net
    mail.ru bk.ru list.ru inbox.ru internet.ru yandex.ru yandex.com ya.ru yandex.ua yandex.by yandex.kz rambler.ru lenta.ru ro.ru
    mynet.com ttmail.com superonline.com otenet.gr forthnet.gr in.gr net.hr siol.net inet.hr walla.co.il walla.com netvision.net.il
    comcast.net att.net sbcglobal.net bellsouth.net cox.net charter.net earthlink.net juno.com netzero.net optonline.net optimum.net
    roadrunner.com rr.com twc.com windstream.net frontier.com frontiernet.net centurylink.net embarqmail.com q.com mindspring.com
    suddenlink.net ptd.net pacbell.net swbell.net ameritech.net prodigy.net prodigy.net.mx excite.com lycos.com netscape.net
    shaw.ca rogers.com bell.net sympatico.ca telus.net videotron.ca cogeco.ca bigpond.com bigpond.net.au optusnet.com.au iinet.net.au
    tpg.com.au westnet.com.au internode.on.net ozemail.com.au xtra.co.nz slingshot.co.nz mweb.co.za telkomsa.net vodamail.co.za webmail.co.za
    rediffmail.com rediff.com sify.com indiatimes.com in.com qq.com vip.qq.com foxmail.com 163.com 126.com yeah.net sina.com sina.cn
    sohu.com aliyun.com 139.com 189.cn 21cn.com tom.com naver.com hanmail.net daum.net nate.com kakao.com docomo.ne.jp ezweb.ne.jp
    softbank.ne.jp i.softbank.jp nifty.com biglobe.ne.jp so-net.ne.jp ocn.ne.jp excite.co.jp goo.jp pchome.com.tw hinet.net seed.net.tw
    singnet.com.sg pacific.net.sg netvigator.com maktoob.com emirates.net.ae eim.ae omantel.net.om
    """.split()
)

DISPOSABLE_DOMAINS = frozenset(
    """
    mailinator.com mailinator.net mailinator2.com guerrillamail.com guerrillamail.net guerrillamail.org guerrillamail.biz
    guerrillamail.de guerrillamail.info guerrillamailblock.com sharklasers.com grr.la pokemail.net spam4.me 10minutemail.com
    10minutemail.net 10minutemail.de 10minutemail.co.uk 20minutemail.com 20minutemail.it 30minutemail.com 10mail.org 10minemail.com
    temp-mail.org temp-mail.io temp-mail.de tempmail.com tempmail.net tempmail.de tempmail.dev tempmail.plus tempmailo.com tempail.com
    tempr.email tempinbox.com tempemail.com tempemail.net tempomail.fr temporarymail.com temporary-mail.net tmpmail.org tmpmail.net
    tmail.com tmails.net throwaway.email throwawaymail.com throwam.com trashmail.com trashmail.de trashmail.net trashmail.org
    trashmail.me trashmail.io trashmail.ws trash-mail.com trash-mail.de trash-mail.at trashdevil.com trashymail.com wegwerfmail.de
    wegwerfmail.net wegwerfmail.org wegwerf-email.de wegwerfemail.de wegwerfadresse.de einmalmail.de einwegmail.de muellmail.com
    muell.email muellemail.com spambog.com spambog.de spambog.ru spamgourmet.com spamex.com spambox.us spambox.info spamfree24.org
    spamfree24.de spam.la spaml.com spamavert.com spamhole.com spamify.com spamspot.com spamcero.com mytrashmail.com mt2009.com
    yopmail.com yopmail.fr yopmail.net cool.fr.nf jetable.org jetable.com jetable.net jetable.fr.nf nospam.ze.tc nomail.xl.cx mega.zik.dj
    speed.1s.fr moncourrier.fr.nf monemail.fr.nf monmail.fr.nf brefmail.com haltospam.com kasmail.com link2mail.net ephemail.net
    dispostable.com discard.email discardmail.com discardmail.de disposable.com disposableinbox.com disposablemail.com
    disposeamail.com mailnesia.com mailcatch.com mailnull.com maildrop.cc maildrop.com mailexpire.com mailmoat.com mailimate.com
    mailinater.com mailtemp.info mail-temp.com mail-temporaire.fr mailtothis.com mailzilla.com mailforspam.com mailbidon.com
    mailpoof.com mailsac.com mailslurp.com mailtrap.io mailme.lv mailmetrash.com mailfreeonline.com mailhazard.com mailscrap.com
    getnada.com nada.email inboxkitten.com inboxbear.com inboxalias.com inboxclean.com getairmail.com airmail.cc emailondeck.com
    emailfake.com email-fake.com fakeinbox.com fakemailgenerator.com fakemail.net fakemail.fr emailtemporanea.com emailtemporanea.net
    emailtemporario.com.br emailsensei.com emailto.de emailwarden.com emailias.com emltmp.com anonbox.net anonymbox.com antispam.de
    armyspy.com cuvox.de dayrep.com einrot.com fleckens.hu gustr.com jourrapide.com rhyta.com superrito.com teleworm.us moakt.com
    moakt.cc moakt.ws burnermail.io burnthespam.info byom.de deadaddress.com despam.it dodgeit.com dodgit.com dontreg.com
    dontsendmespam.de drdrb.com dumpandjunk.com e4ward.com explodemail.com filzmail.com fudgerub.com getonemail.com gishpuppy.com
    great-host.in hidemail.de hidzz.com hochsitze.com hulapla.de ieatspam.eu ieatspam.info ihateyoualot.info incognitomail.com
    incognitomail.org ipoo.org irish2me.com kurzepost.de lifebyfood.com lroid.com mintemail.com mobi.web.id mvrht.net nepwk.com
    nervmich.net nervtmich.net no-spam.ws nobulk.com noclickemail.com nogmailspam.info nomorespamemails.com nospamfor.us nowmymail.com
    objectmail.com obobbo.com oneoffemail.com onewaymail.com oopi.org opayq.com ordinaryamerican.net owlpic.com pookmail.com
    proxymail.eu quickinbox.com rcpt.at recode.me recursor.net rtrtr.com safe-mail.net safetymail.info sandelf.de saynotospams.com
    selfdestructingmail.com sendspamhere.com shieldemail.com shitmail.me shortmail.net sneakemail.com sofort-mail.de sogetthis.com
    soodonims.com stinkefinger.net suremail.info supermailer.jp teewars.org thankyou2010.com tradermail.info twinmail.de tyldd.com
    uggsrock.com veryrealemail.com viditag.com whyspam.me willselfdestruct.com winemaven.info wh4f.org xagloo.com xemaps.com
    yuurok.com zehnminutenmail.de zippymail.info zoaxe.com zoemail.org 33mail.com 0-mail.com 1secmail.com 1secmail.net 1secmail.org
    minuteinbox.com mohmal.com luxusmail.org linshiyouxiang.net dropmail.me harakirimail.com vomoto.com tafmail.com inboxes.com
    fexpost.com fexbox.org mailto.plus rover.info chitthi.in any.pink merepost.com cs.email crazymailing.com generator.email
    """.split()
)

TYPO_DOMAINS = {
    wrong: right
    for right, several in {
        "gmail.com": "gmial.com gmai.com gamil.com gmil.com gmal.com gmaill.com gmaul.com gnail.com gmsil.com gmaio.com gmailc.om gmail.co"
        " gmail.cm gmail.om gmail.con gmail.cmo gmail.comm gmail.ocm gmail.vom gmaik.com gmqil.com ggmail.com gmaol.com gimail.com"
        " gemail.com gmale.com",
        "googlemail.com": "googelmail.com goglemail.com googlmail.com googlemail.con googlemail.co googlemial.com",
        "hotmail.com": "hotmial.com hotmal.com hotmai.com hotmil.com hotmaill.com homail.com hotmail.co hotmail.con hotmail.cm hotmali.com"
        " hotnail.com htomail.com hotamil.com otmail.com hitmail.com hotmsil.com",
        "outlook.com": "outlok.com outloo.com outllok.com outlook.co outlook.con outlock.com oulook.com outook.com otlook.com outlool.com",
        "yahoo.com": "yaho.com yahooo.com yhaoo.com yhoo.com yahho.com yahoo.co yahoo.con yahoo.cm yaoo.com yajoo.com",
        "icloud.com": "iclod.com icoud.com icloud.co icloud.con iclould.com icluod.com icloude.com",
        "gmx.de": "gmx.dee gmx.ed gmy.de gxm.de gmxx.de gnx.de",
        "web.de": "wbe.de web.dee web.ed wb.de weeb.de",
        "t-online.de": "t-onlin.de t-onlien.de t-onine.de tonline.de t-oline.de t-online.dee",
        "aol.com": "aol.con aol.cm aoll.com",
    }.items()
    for wrong in several.split()
}
TYPO_ENDINGS = {
    "con": "com",
    "cmo": "com",
    "ocm": "com",
    "vom": "com",
    "comm": "com",
    "coom": "com",
    "dee": "de",
    "ent": "net",
    "nte": "net",
}
