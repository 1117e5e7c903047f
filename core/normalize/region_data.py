"""States, provinces, Länder and cantons (code and names), and languages (code and names)."""

# ruff: noqa: E501 -- lists of words are easier to read and extend as text

REGIONS = {
    "US": "AL Alabama|AK Alaska|AZ Arizona|AR Arkansas|CA California;Calif;Kalifornien|CO Colorado|CT Connecticut|DE Delaware|FL Florida|"
    "GA Georgia|HI Hawaii|ID Idaho|IL Illinois|IN Indiana|IA Iowa|KS Kansas|KY Kentucky|LA Louisiana|ME Maine|MD Maryland|"
    "MA Massachusetts;Mass|MI Michigan|MN Minnesota|MS Mississippi|MO Missouri|MT Montana|NE Nebraska|NV Nevada|NH New Hampshire|"
    "NJ New Jersey|NM New Mexico|NY New York;New York State|NC North Carolina|ND North Dakota|OH Ohio|OK Oklahoma|OR Oregon|"
    "PA Pennsylvania|RI Rhode Island|SC South Carolina|SD South Dakota|TN Tennessee|TX Texas|UT Utah|VT Vermont|VA Virginia|"
    "WA Washington;Washington State|WV West Virginia|WI Wisconsin|WY Wyoming|DC District of Columbia;Washington DC;Washington D.C.;D.C.|"
    "PR Puerto Rico|GU Guam|VI Virgin Islands;US Virgin Islands|AS American Samoa|MP Northern Mariana Islands",
    "CA": "AB Alberta|BC British Columbia;Colombie-Britannique|MB Manitoba|NB New Brunswick;Nouveau-Brunswick|"
    "NL Newfoundland and Labrador;Newfoundland;Terre-Neuve-et-Labrador|NS Nova Scotia;Nouvelle-Écosse|NT Northwest Territories|"
    "NU Nunavut|ON Ontario|PE Prince Edward Island;Île-du-Prince-Édouard|QC Quebec;Québec|SK Saskatchewan|YT Yukon;Yukon Territory",
    "DE": "BW Baden-Württemberg;Baden-Wurttemberg|BY Bayern;Bavaria|BE Berlin|BB Brandenburg|HB Bremen;Freie Hansestadt Bremen|"
    "HH Hamburg;Freie und Hansestadt Hamburg|HE Hessen;Hesse|MV Mecklenburg-Vorpommern;Mecklenburg-Western Pomerania|"
    "NI Niedersachsen;Lower Saxony|NW Nordrhein-Westfalen;North Rhine-Westphalia;NRW|RP Rheinland-Pfalz;Rhineland-Palatinate|"
    "SL Saarland|SN Sachsen;Saxony;Freistaat Sachsen|ST Sachsen-Anhalt;Saxony-Anhalt|SH Schleswig-Holstein|"
    "TH Thüringen;Thuringia;Freistaat Thüringen;Thuringen",
    "AT": "1 Burgenland|2 Kärnten;Carinthia|3 Niederösterreich;Lower Austria;NÖ|4 Oberösterreich;Upper Austria;OÖ|5 Salzburg|"
    "6 Steiermark;Styria|7 Tirol;Tyrol|8 Vorarlberg|9 Wien;Vienna",
    "CH": "AG Aargau;Argovie|AI Appenzell Innerrhoden|AR Appenzell Ausserrhoden|BE Bern;Berne|BL Basel-Landschaft;Baselland|"
    "BS Basel-Stadt|FR Fribourg;Freiburg|GE Genève;Genf;Geneva|GL Glarus|GR Graubünden;Grisons;Grigioni|JU Jura|LU Luzern;Lucerne|"
    "NE Neuchâtel;Neuenburg|NW Nidwalden|OW Obwalden|SG St. Gallen;Sankt Gallen|SH Schaffhausen|SO Solothurn|SZ Schwyz|TG Thurgau|"
    "TI Ticino;Tessin|UR Uri|VD Vaud;Waadt|VS Valais;Wallis|ZG Zug|ZH Zürich;Zurich",
}

LANGUAGES = (
    "de German;Deutsch;allemand;alemán;tedesco;deu;ger|en English;Englisch;anglais;inglés;inglese;eng|"
    "fr French;Französisch;français;francés;francese;fra;fre|es Spanish;Spanisch;espagnol;español;castellano;spagnolo;spa|"
    "it Italian;Italienisch;italien;italiano;ita|nl Dutch;Niederländisch;Nederlands;néerlandais;nld;dut|"
    "pt Portuguese;Portugiesisch;português;portugais;por|pl Polish;Polnisch;polski;pol|cs Czech;Tschechisch;čeština;ces;cze|"
    "sk Slovak;Slowakisch;slovenčina;slk|hu Hungarian;Ungarisch;magyar;hun|ro Romanian;Rumänisch;română;ron;rum|"
    "bg Bulgarian;Bulgarisch;български;bul|hr Croatian;Kroatisch;hrvatski;hrv|sr Serbian;Serbisch;srpski;српски;srp|"
    "sl Slovenian;Slovene;Slowenisch;slovenščina;slv|bs Bosnian;Bosnisch|mk Macedonian;Mazedonisch|sq Albanian;Albanisch;shqip|"
    "el Greek;Griechisch;ελληνικά;ell;gre|tr Turkish;Türkisch;Türkçe;tur|ru Russian;Russisch;русский;rus|"
    "uk Ukrainian;Ukrainisch;українська;ukr|be Belarusian;Belarussisch|da Danish;Dänisch;dansk;dan|sv Swedish;Schwedisch;svenska;swe|"
    "no Norwegian;Norwegisch;norsk;nor|nb Norwegian Bokmål;bokmål|nn Norwegian Nynorsk;nynorsk|fi Finnish;Finnisch;suomi;fin|"
    "is Icelandic;Isländisch|et Estonian;Estnisch;eesti;est|lv Latvian;Lettisch;latviešu;lav|lt Lithuanian;Litauisch;lietuvių;lit|"
    "ga Irish;Irisch|cy Welsh;Walisisch|mt Maltese;Maltesisch|ca Catalan;Katalanisch;català|eu Basque;Baskisch|gl Galician;Galicisch|"
    "lb Luxembourgish;Luxemburgisch|rm Romansh;Rätoromanisch|zh Chinese;Chinesisch;中文;chinois;Mandarin;zho;chi|"
    "ja Japanese;Japanisch;日本語;japonais;jpn|ko Korean;Koreanisch;한국어;kor|vi Vietnamese;Vietnamesisch;vie|th Thai;Thailändisch;tha|"
    "id Indonesian;Indonesisch;Bahasa Indonesia;ind|ms Malay;Malaiisch|tl Tagalog|fil Filipino|hi Hindi;hin|bn Bengali|ta Tamil|te Telugu|"
    "mr Marathi|gu Gujarati|pa Punjabi|ur Urdu|fa Persian;Farsi;Persisch|ar Arabic;Arabisch;arabe;العربية;ara|he Hebrew;Hebräisch;עברית;heb|"
    "iw Hebrew (old)|sw Swahili;Suaheli|af Afrikaans|am Amharic|zu Zulu|xh Xhosa|ka Georgian;Georgisch|hy Armenian;Armenisch|"
    "az Azerbaijani|kk Kazakh;Kasachisch|uz Uzbek|mn Mongolian|ne Nepali|si Sinhala|km Khmer|lo Lao|my Burmese|eo Esperanto|la Latin"
)
