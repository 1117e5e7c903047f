"""The countries of ISO 3166-1: two-letter and three-letter code, then names and habits of writing them in several languages."""

# ruff: noqa: E501 -- lists of words are easier to read and extend as text

COUNTRIES = """
AD/AND Andorra;Andorre
AE/ARE United Arab Emirates;UAE;U.A.E.;Emirates;Vereinigte Arabische Emirate;VAE;Émirats arabes unis;Emiratos Árabes Unidos;Dubai;Abu Dhabi
AF/AFG Afghanistan;Afganistán
AG/ATG Antigua and Barbuda;Antigua und Barbuda;Antigua
AI/AIA Anguilla
AL/ALB Albania;Albanien;Albanie
AM/ARM Armenia;Armenien;Arménie
AO/AGO Angola
AQ/ATA Antarctica;Antarktis
AR/ARG Argentina;Argentinien;Argentine
AS/ASM American Samoa;Amerikanisch-Samoa
AT/AUT Austria;Österreich;Oesterreich;Osterreich;Autriche;Oostenrijk;Republik Österreich;Áustria;Avusturya
AU/AUS Australia;Australien;Australie;Commonwealth of Australia;Austrália
AW/ABW Aruba
AX/ALA Åland Islands;Aland Islands;Åland;Ålandinseln
AZ/AZE Azerbaijan;Aserbaidschan;Azerbaïdjan
BA/BIH Bosnia and Herzegovina;Bosnia;Bosnien und Herzegowina;Bosnien;Bosnie-Herzégovine;Bosna i Hercegovina;Bosnia & Herzegovina
BB/BRB Barbados
BD/BGD Bangladesh;Bangladesch
BE/BEL Belgium;Belgien;Belgique;België;Belgie;Bélgica;Belgio
BF/BFA Burkina Faso
BG/BGR Bulgaria;Bulgarien;Bulgarie;България
BH/BHR Bahrain;Bahreïn
BI/BDI Burundi
BJ/BEN Benin;Bénin
BL/BLM Saint Barthélemy;St. Barts
BM/BMU Bermuda
BN/BRN Brunei;Brunei Darussalam
BO/BOL Bolivia;Bolivien;Bolivie;Plurinational State of Bolivia
BQ/BES Bonaire;Caribbean Netherlands;Bonaire, Sint Eustatius and Saba
BR/BRA Brazil;Brasil;Brasilien;Brésil;Brasile;Brazilië
BS/BHS Bahamas;The Bahamas
BT/BTN Bhutan;Bhoutan
BV/BVT Bouvet Island
BW/BWA Botswana;Botsuana
BY/BLR Belarus;Weißrussland;Weissrussland;Biélorussie;Bielorrusia;Беларусь
BZ/BLZ Belize
CA/CAN Canada;Kanada;Canadá
CC/CCK Cocos Islands;Cocos (Keeling) Islands
CD/COD Democratic Republic of the Congo;DR Congo;DRC;Congo (Kinshasa);Demokratische Republik Kongo;Congo-Kinshasa;RDC
CF/CAF Central African Republic;Zentralafrikanische Republik;République centrafricaine
CG/COG Congo;Republic of the Congo;Kongo;Congo-Brazzaville;Congo (Brazzaville)
CH/CHE Switzerland;Schweiz;Die Schweiz;Suisse;Svizzera;Suiza;Zwitserland;Swiss;Confoederatio Helvetica;Suíça;İsviçre
CI/CIV Ivory Coast;Côte d'Ivoire;Cote d'Ivoire;Elfenbeinküste;Costa de Marfil
CK/COK Cook Islands;Cookinseln
CL/CHL Chile;Chili
CM/CMR Cameroon;Kamerun;Cameroun;Camerún
CN/CHN China;People's Republic of China;PRC;P.R. China;PR China;VR China;Volksrepublik China;Chine;Cina;中国;中國;Mainland China
CO/COL Colombia;Kolumbien;Colombie
CR/CRI Costa Rica
CU/CUB Cuba;Kuba
CV/CPV Cape Verde;Cabo Verde;Kap Verde;Cap-Vert
CW/CUW Curaçao;Curacao
CX/CXR Christmas Island;Weihnachtsinsel
CY/CYP Cyprus;Zypern;Chypre;Chipre;Cipro;Κύπρος;Kıbrıs
CZ/CZE Czech Republic;Czechia;Tschechien;Tschechische Republik;République tchèque;Tchéquie;República Checa;Chequia;Česko;Česká republika;Repubblica Ceca;Tsjechië;Czechy
DE/DEU Germany;Deutschland;Allemagne;Alemania;Germania;Duitsland;Alemanha;Niemcy;Tyskland;BRD;Bundesrepublik Deutschland;Federal Republic of Germany;GER;D;Saksa;Německo;Almanya;Германия;德国;德國;ドイツ;Németország
DJ/DJI Djibouti;Dschibuti
DK/DNK Denmark;Dänemark;Danemark;Danmark;Dinamarca;Danimarca;Denemarken
DM/DMA Dominica
DO/DOM Dominican Republic;Dominikanische Republik;République dominicaine;República Dominicana
DZ/DZA Algeria;Algerien;Algérie;Argelia
EC/ECU Ecuador;Équateur;Ekuador
EE/EST Estonia;Estland;Estonie;Eesti
EG/EGY Egypt;Ägypten;Égypte;Egipto;Egitto
EH/ESH Western Sahara;Westsahara
ER/ERI Eritrea
ES/ESP Spain;Spanien;Espagne;España;Spagna;Spanje;Espanha;Hiszpania;Kingdom of Spain;İspanya;Испания
ET/ETH Ethiopia;Äthiopien;Éthiopie;Etiopía
FI/FIN Finland;Finnland;Finlande;Suomi;Finlandia
FJ/FJI Fiji;Fidschi;Fidji
FK/FLK Falkland Islands;Falklandinseln;Islas Malvinas;Falkland Islands (Malvinas)
FM/FSM Micronesia;Federated States of Micronesia;Mikronesien
FO/FRO Faroe Islands;Färöer;Faeroe Islands;Îles Féroé
FR/FRA France;Frankreich;Francia;Frankrijk;França;Francja;Frankrike;Frankrig;République française;Fransa;Франция;法国;フランス;La France
GA/GAB Gabon;Gabun
GB/GBR United Kingdom;UK;U.K.;Great Britain;Britain;England;Scotland;Wales;Northern Ireland;Großbritannien;Grossbritannien;Vereinigtes Königreich;Royaume-Uni;Reino Unido;Regno Unito;Verenigd Koninkrijk;Schottland;Angleterre;Inglaterra;United Kingdom of Great Britain and Northern Ireland;Gran Bretaña;Grande-Bretagne;Storbritannien;Wielka Brytania;Engeland;İngiltere;Великобритания
GD/GRD Grenada
GE/GEO Georgia;Georgien;Géorgie;საქართველო
GF/GUF French Guiana;Französisch-Guayana;Guyane;Guyane française
GG/GGY Guernsey
GH/GHA Ghana
GI/GIB Gibraltar
GL/GRL Greenland;Grönland;Groenland
GM/GMB Gambia;The Gambia
GN/GIN Guinea;Guinée
GP/GLP Guadeloupe
GQ/GNQ Equatorial Guinea;Äquatorialguinea;Guinée équatoriale;Guinea Ecuatorial
GR/GRC Greece;Griechenland;Grèce;Grecia;Griekenland;Hellas;Ελλάδα;EL
GS/SGS South Georgia and the South Sandwich Islands;South Georgia
GT/GTM Guatemala
GU/GUM Guam
GW/GNB Guinea-Bissau;Guinée-Bissau
GY/GUY Guyana
HK/HKG Hong Kong;Hongkong;Hong Kong SAR;香港;Hong Kong S.A.R.
HM/HMD Heard Island and McDonald Islands
HN/HND Honduras
HR/HRV Croatia;Kroatien;Croatie;Croacia;Hrvatska;Croazia;Kroatië
HT/HTI Haiti;Haïti
HU/HUN Hungary;Ungarn;Hongrie;Hungría;Ungheria;Magyarország;Hongarije
ID/IDN Indonesia;Indonesien;Indonésie
IE/IRL Ireland;Irland;Irlande;Irlanda;Éire;Republic of Ireland;Ierland
IL/ISR Israel;Israël;ישראל
IM/IMN Isle of Man
IN/IND India;Indien;Inde;Bharat;भारत;Indië
IO/IOT British Indian Ocean Territory
IQ/IRQ Iraq;Irak
IR/IRN Iran;Islamic Republic of Iran;Iran, Islamic Republic of
IS/ISL Iceland;Island;Islande;Islandia;Ísland;Islanda
IT/ITA Italy;Italien;Italie;Italia;Italië;Itália;Włochy;İtalya;Италия;Repubblica Italiana
JE/JEY Jersey
JM/JAM Jamaica;Jamaika;Jamaïque
JO/JOR Jordan;Jordanien;Jordanie;Jordania
JP/JPN Japan;Japon;Japón;Giappone;日本;Nippon;Japão
KE/KEN Kenya;Kenia
KG/KGZ Kyrgyzstan;Kirgisistan;Kirghizistan
KH/KHM Cambodia;Kambodscha;Cambodge;Camboya
KI/KIR Kiribati
KM/COM Comoros;Komoren;Comores
KN/KNA Saint Kitts and Nevis;St. Kitts and Nevis
KP/PRK North Korea;Nordkorea;Corée du Nord;Democratic People's Republic of Korea;Korea, Democratic People's Republic of
KR/KOR South Korea;Korea;Südkorea;Republic of Korea;Corée du Sud;Corea del Sur;Korea, Republic of;Korea, South;대한민국;한국
KW/KWT Kuwait;Koweït
KY/CYM Cayman Islands;Kaimaninseln
KZ/KAZ Kazakhstan;Kasachstan;Казахстан
LA/LAO Laos;Lao PDR;Lao People's Democratic Republic
LB/LBN Lebanon;Libanon;Liban;Líbano
LC/LCA Saint Lucia;St. Lucia
LI/LIE Liechtenstein;Fürstentum Liechtenstein
LK/LKA Sri Lanka
LR/LBR Liberia
LS/LSO Lesotho
LT/LTU Lithuania;Litauen;Lituanie;Lituania;Lietuva;Litouwen
LU/LUX Luxembourg;Luxemburg;Luxemburgo;Lëtzebuerg;Lussemburgo
LV/LVA Latvia;Lettland;Lettonie;Letonia;Latvija;Letland
LY/LBY Libya;Libyen;Libye
MA/MAR Morocco;Marokko;Maroc;Marruecos;Marocco
MC/MCO Monaco;Mónaco
MD/MDA Moldova;Moldawien;Republic of Moldova;Moldau;Moldavie
ME/MNE Montenegro;Monténégro;Crna Gora
MF/MAF Saint Martin (French part);Saint-Martin
MG/MDG Madagascar;Madagaskar
MH/MHL Marshall Islands;Marshallinseln
MK/MKD North Macedonia;Macedonia;Nordmazedonien;Mazedonien;Macédoine du Nord;FYROM
ML/MLI Mali
MM/MMR Myanmar;Burma;Birma;Birmanie
MN/MNG Mongolia;Mongolei;Mongolie
MO/MAC Macao;Macau;澳门
MP/MNP Northern Mariana Islands
MQ/MTQ Martinique
MR/MRT Mauritania;Mauretanien;Mauritanie
MS/MSR Montserrat
MT/MLT Malta;Malte
MU/MUS Mauritius;Maurice;Île Maurice
MV/MDV Maldives;Malediven
MW/MWI Malawi
MX/MEX Mexico;Mexiko;México;Mexique;Méjico;Messico
MY/MYS Malaysia;Malaisie;Malasia
MZ/MOZ Mozambique;Mosambik;Moçambique
NA/NAM Namibia;Namibie
NC/NCL New Caledonia;Neukaledonien;Nouvelle-Calédonie
NE/NER Niger
NF/NFK Norfolk Island
NG/NGA Nigeria;Nigéria
NI/NIC Nicaragua
NL/NLD Netherlands;The Netherlands;Holland;Niederlande;Die Niederlande;Pays-Bas;Nederland;Países Bajos;Paesi Bassi;Hollande;Kingdom of the Netherlands;Hollanda;Holandia;Olanda
NO/NOR Norway;Norwegen;Norvège;Norge;Noruega;Norvegia;Noorwegen
NP/NPL Nepal;Népal
NR/NRU Nauru
NU/NIU Niue
NZ/NZL New Zealand;Neuseeland;Nouvelle-Zélande;Nueva Zelanda;Aotearoa;Nieuw-Zeeland
OM/OMN Oman
PA/PAN Panama;Panamá
PE/PER Peru;Perú;Pérou
PF/PYF French Polynesia;Französisch-Polynesien;Polynésie française;Tahiti
PG/PNG Papua New Guinea;Papua-Neuguinea
PH/PHL Philippines;The Philippines;Philippinen;Filipinas;Pilipinas
PK/PAK Pakistan
PL/POL Poland;Polen;Pologne;Polska;Polonia;Polônia;Польша
PM/SPM Saint Pierre and Miquelon;Saint-Pierre-et-Miquelon
PN/PCN Pitcairn;Pitcairn Islands
PR/PRI Puerto Rico
PS/PSE Palestine;Palestinian Territories;Palästina;State of Palestine;Palestine, State of
PT/PRT Portugal
PW/PLW Palau
PY/PRY Paraguay
QA/QAT Qatar;Katar
RE/REU Réunion;Reunion;La Réunion
RO/ROU Romania;Rumänien;Roumanie;Rumania;România;ROM;Roemenië
RS/SRB Serbia;Serbien;Serbie;Srbija;Србија;Servië
RU/RUS Russia;Russian Federation;Russland;Rußland;Russische Föderation;Russie;Rusia;Россия;Rusland
RW/RWA Rwanda;Ruanda
SA/SAU Saudi Arabia;Kingdom of Saudi Arabia;KSA;Saudi-Arabien;Saudiarabien;Arabie saoudite;Arabia Saudí;Arabia Saudita;السعودية
SB/SLB Solomon Islands;Salomonen
SC/SYC Seychelles;Seychellen
SD/SDN Sudan;Soudan
SE/SWE Sweden;Schweden;Suède;Sverige;Suecia;Svezia;Zweden;Suécia;Szwecja
SG/SGP Singapore;Singapur;Singapour;新加坡
SH/SHN Saint Helena;Saint Helena, Ascension and Tristan da Cunha;Ascension
SI/SVN Slovenia;Slowenien;Slovénie;Eslovenia;Slovenija;Slovenië
SJ/SJM Svalbard and Jan Mayen;Svalbard;Spitzbergen
SK/SVK Slovakia;Slovak Republic;Slowakei;Slowakische Republik;Slovaquie;Eslovaquia;Slovensko;Slovacchia;Slowakije
SL/SLE Sierra Leone
SM/SMR San Marino;Saint-Marin
SN/SEN Senegal;Sénégal
SO/SOM Somalia;Somalie
SR/SUR Suriname;Surinam
SS/SSD South Sudan;Südsudan;Soudan du Sud
ST/STP São Tomé and Príncipe;Sao Tome and Principe;São Tomé und Príncipe
SV/SLV El Salvador;Salvador
SX/SXM Sint Maarten;Sint Maarten (Dutch part)
SY/SYR Syria;Syrian Arab Republic;Syrien;Syrie
SZ/SWZ Eswatini;Swaziland;Swasiland
TC/TCA Turks and Caicos Islands;Turks and Caicos
TD/TCD Chad;Tschad;Tchad
TF/ATF French Southern Territories
TG/TGO Togo
TH/THA Thailand;Thaïlande;Tailandia;ไทย
TJ/TJK Tajikistan;Tadschikistan
TK/TKL Tokelau
TL/TLS Timor-Leste;East Timor;Osttimor
TM/TKM Turkmenistan
TN/TUN Tunisia;Tunesien;Tunisie;Túnez
TO/TON Tonga
TR/TUR Turkey;Türkiye;Turkiye;Türkei;Turquie;Turquía;Turchia;Turkije;Turcja
TT/TTO Trinidad and Tobago;Trinidad und Tobago;Trinidad
TV/TUV Tuvalu
TW/TWN Taiwan;Taïwan;Taiwan, Province of China;Republic of China;台灣;台湾;Chinese Taipei;Taiwan R.O.C.
TZ/TZA Tanzania;Tansania;Tanzanie;United Republic of Tanzania;Tanzania, United Republic of
UA/UKR Ukraine;Ucrania;Ucraina;Україна;Украина;Oekraïne
UG/UGA Uganda;Ouganda
UM/UMI United States Minor Outlying Islands
US/USA United States;United States of America;U.S.A.;U.S.;The United States;America;Amerika;Vereinigte Staaten;Vereinigte Staaten von Amerika;États-Unis;Etats-Unis;Estados Unidos;EE.UU.;EEUU;EUA;Stati Uniti;Verenigde Staten;États-Unis d'Amérique;Estados Unidos de América;Stany Zjednoczone;ABD;США;美国;美國;アメリカ
UY/URY Uruguay
UZ/UZB Uzbekistan;Usbekistan;Ouzbékistan
VA/VAT Vatican City;Holy See;Vatikanstadt;Vatikan;Vatican
VC/VCT Saint Vincent and the Grenadines;St. Vincent
VE/VEN Venezuela;Bolivarian Republic of Venezuela;Venezuela, Bolivarian Republic of
VG/VGB British Virgin Islands;Britische Jungferninseln;Virgin Islands, British
VI/VIR US Virgin Islands;U.S. Virgin Islands;Amerikanische Jungferninseln;Virgin Islands, U.S.
VN/VNM Vietnam;Viet Nam;Việt Nam
VU/VUT Vanuatu
WF/WLF Wallis and Futuna
WS/WSM Samoa
XK/XKX Kosovo;XKS
YE/YEM Yemen;Jemen;Yémen
YT/MYT Mayotte
ZA/ZAF South Africa;Südafrika;RSA;Republic of South Africa;Afrique du Sud;Sudáfrica;Zuid-Afrika;Suid-Afrika
ZM/ZMB Zambia;Sambia;Zambie
ZW/ZWE Zimbabwe;Simbabwe
"""
