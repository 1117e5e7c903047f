"""Words for the company that the lead is of."""

from __future__ import annotations

COMPANY_WORDS: dict[str, str] = {
    "company.name": """
        address company|company|company name|organization|organisation|organization name|organisation name|business name
        firm|firm name|employer|corporation|name of company|name of organization|name of organisation
        company organization|employer name|institution|name of the company|company legal name|legal company name
        account name|current company|company account|which company do you work for|what company do you work for
        where do you work|what company are you with|company you work for|name of business|associated company
        primary company|work company|trading name|business or organisation|organization company|legal entity name
        workplace|place of work|current employer|company current|Firma|Firmenname|Unternehmen|Name des Unternehmens
        Unternehmensname|Betrieb|Organisation|Name der Firma|Arbeitgeber|Institution|Firma Institution|Firmenbezeichnung
        Gesellschaft|Einrichtung|société|entreprise|raison sociale|nom de l'entreprise|nom de la société|nom entreprise
        nom société|organisme|établissement|employeur|empresa|compañía|nombre de la empresa|nombre empresa|razón social
        organización|institución|nombre de la compañía|azienda|società|nome azienda|ragione sociale|ditta
        nome dell'azienda|organizzazione|nome della società|impresa|ente|nome da empresa|organização|nome empresa
        razão social|companhia|instituição|bedrijf|bedrijfsnaam|organisatie|naam bedrijf|naam organisatie|onderneming
        bedrijf organisatie|werkgever|bedrijfsnaam organisatie|nazwa firmy|przedsiębiorstwo|organizacja
        nazwa przedsiębiorstwa|instytucja|företag|företagsnamn|företagets namn|organisation företag|bolag|virksomhed
        virksomhedsnavn|firmanavn|firmanamn|bedrift|bedriftsnavn|selskap|selskab|společnost|název firmy
        název společnosti|organizace|spoločnosť|názov firmy|yritys|yrityksen nimi|cég|cégnév|cég neve|vállalat|companie
        nume companie|nume firmă|denumire firmă|tvrtka|naziv tvrtke|podjetje|įmonė|uzņēmums|şirket|şirket adı|firma adı
        kurum|kuruluş|εταιρεία|επωνυμία|όνομα εταιρείας|компания|название компании|организация|фирма|компанія
        назва компанії|предприятие|会社|会社名|御社名|貴社名|企業名|企業・団体名|法人名|勤務先|勤務先名|所属企業|団体名
        貴社名 団体名|会社名 団体名|ご所属|所属先|組織名|学校名|公司|公司名称|公司名|企业|企业名称|单位|单位名称
        工作单位|公司名稱|機構|企業名稱|회사|회사명|기업명|기관명|소속|업체명|الشركة|اسم الشركة|חברה|שם החברה|शركة|कंपनी
        कंपनी का नाम|บริษัท|ชื่อบริษัท|công ty|tên công ty|perusahaan|nama perusahaan
        """,
    "company.website": """
        website|web site|homepage|company website|company url|website url|web page|web address|web|www|company web site
        company site|website address|business website|organization website|business home page|company homepage|site web
        your website|site|website value|corporate website|Webseite|Internetseite|Internetadresse|Firmenwebseite
        Webadresse|Firmenwebsite|Internet|Internetauftritt|Unternehmenswebsite|site internet|adresse web
        site de l'entreprise|sitio web|página web|sitio|web de la empresa|dirección web|sito web|sito|sito internet
        sito aziendale|pagina web|site da empresa|página da web|endereço web|bedrijfswebsite|webadres|strona internetowa
        strona www|adres strony|witryna|webbplats|hemsida|webbsida|webbadress|hjemmeside|nettside|nettsted|nettadresse
        webové stránky|web stránka|webová stránka|verkkosivu|verkkosivusto|kotisivu|kotisivut|weboldal|honlap
        site-ul web|web stranica|spletna stran|svetainė|web sitesi|internet sitesi|ιστοσελίδα|ιστότοπος|сайт|веб-сайт
        адрес сайта|сайт компании|ウェブサイト|ホームページ|webサイト|サイトurl|企業url|会社url|貴社url|网站|网址
        公司网站|網站|網址|웹사이트|홈페이지|الموقع الإلكتروني|אתר|אתר אינטרנט|वेबसाइट|เว็บไซต์|trang web|situs web
        """,
    "company.domain": """
        company domain|company domain name|domain|domain name|Firmendomain|domaine|dominio|domínio|email domain name
        website domain|ドメイン|域名
        """,
    "company.employees": """
        company size|number of employees|employees|no of employees|num employees|employee count|headcount
        company headcount|numemployees|team size|size of company|how many employees|how many employees do you have
        organization size|organisation size|staff count|number of staff|staff size|of employees|employee range
        employees range|numberofemployees|how many employees does your company have|business size|company employees
        Mitarbeiter|Mitarbeiterzahl|Anzahl Mitarbeiter|Anzahl der Mitarbeiter|Unternehmensgröße|Firmengröße
        Mitarbeiteranzahl|Zahl der Mitarbeiter|Anzahl Mitarbeitende|Mitarbeitende|Beschäftigte|Anzahl Beschäftigte
        taille de l'entreprise|taille entreprise|effectif|effectifs|nombre d'employés|nombre de salariés
        nombre de collaborateurs|nb salariés|número de empleados|tamaño de la empresa|empleados|nº de empleados
        numero di dipendenti|dipendenti|dimensione azienda|dimensioni dell'azienda|numero dipendenti
        dimensione aziendale|número de funcionários|nº de funcionários|tamanho da empresa|número de colaboradores
        funcionários|aantal medewerkers|aantal werknemers|bedrijfsgrootte|bedrijfsomvang|liczba pracowników
        wielkość firmy|ilość pracowników|antal anställda|företagsstorlek|antal ansatte|antall ansatte
        virksomhedsstørrelse|počet zaměstnanců|velikost firmy|velikost společnosti|počet zamestnancov|henkilöstömäärä
        henkilöstön määrä|létszám|alkalmazottak száma|număr de angajați|broj zaposlenih|število zaposlenih
        çalışan sayısı|αριθμός εργαζομένων|количество сотрудников|число сотрудников|кількість співробітників|従業員数
        社員数|従業員規模|企業規模|会社規模|员工人数|员工数量|公司规模|企业规模|人数规模|員工人數|公司規模|직원수
        직원 수|임직원수|사원수|회사 규모
        """,
    "company.revenue": """
        revenue|annual revenue|company revenue|yearly revenue|turnover|annual turnover|sales volume|annual sales
        company annual revenue|Umsatz|Jahresumsatz|Unternehmensumsatz|chiffre d'affaires|chiffre d'affaires annuel
        ca annuel|facturación|facturación anual|ingresos anuales|volumen de negocio|fatturato|fatturato annuo|ricavi
        faturamento|faturamento anual|receita anual|volume de negócios|omzet|jaaromzet|przychód|roczny przychód|obrót
        omsättning|årsomsättning|omsætning|årlig omsætning|omsetning|obrat|roční obrat|liikevaihto|árbevétel
        cifră de afaceri|yıllık ciro|ciro|κύκλος εργασιών|выручка|годовой оборот|оборот|売上|売上高|年商|年间营业额
        营业额|年收入|年營業額|매출|매출액|연매출
        """,
    "company.industry": """
        industry|sector|business sector|industry sector|company industry|line of business|vertical|industry type
        business type|industry vertical|Branche|Branchen|Industrie|Wirtschaftszweig|Branche/Industrie|secteur
        secteur d'activité|activité|domaine d'activité|industrie|industria|rubro|sector de actividad|ramo|settore
        settore di attività|settore industriale|setor|segmento|indústria|ramo de atividade|setor de atividade
        bedrijfstak|branża|sektor|bransch|industri|bransje|obor|odvětví|obor podnikání|odvetvie|toimiala|iparág|ágazat
        djelatnost|panoga|sektör|endüstri|κλάδος|отрасль|сфера деятельности|галузь|業種|業界|業種業態|行业|所属行业|產業
        行業|업종|산업|산업분야|القطاع|תעשייה|ענף|อุตสาหกรรม|ngành nghề|industri bidang
        """,
    "company.country": """
        company country|country of company|company hq country|headquarters country|company country region
        Land des Unternehmens|Firmensitz|Land der Firma|pays de l'entreprise|país de la empresa|paese dell'azienda
        país da empresa
        """,
}
"""By lead field, in all languages together."""
