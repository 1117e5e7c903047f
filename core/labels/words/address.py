"""Words for where the lead is."""

from __future__ import annotations

ADDRESS_WORDS: dict[str, str] = {
    "address.street": """
        street|street address|street and no|street & no|address address 1|address address1|address line 1|address line1
        address 1|street 1|addr 1|address street|street name|street and number|address line|street address line 1
        street line 1|mailing address|postal address|home address|business address|work address|address street address
        house number and street|street number and name|address line one|address street 1|address street line 1
        residential address|Straße|Straße und Hausnummer|Straße Hausnummer|Straße Nr|Str|Straße/Nr|Postanschrift
        Anschrift Straße|Straße + Hausnummer|Strasse & Nr|Adresszeile 1|Straße 1|rue|adresse postale|adresse ligne 1
        numéro et rue|n° et rue|voie|adresse 1|calle|calle y número|dirección postal|domicilio|dirección 1
        dirección línea 1|via|indirizzo postale|via e numero civico|via/piazza|rua|logradouro|endereço 1|straat
        straat en huisnummer|straatnaam|straat + huisnummer|adresregel 1|postadres|ulica|ulica i numer|ulica i nr domu
        gata|gatuadress|gatadress|postadress|utdelningsadress|gade|vej|vejnavn|gadenavn|gate|gateadresse|veiadresse
        ulice|ulice a číslo|ulice a č p|katuosoite|lähiosoite|utca|utca házszám|stradă|strada|sokak|cadde|οδός|улица
        улица и дом|вулиця|番地|町名・番地|丁目番地|街道|街道地址|详细地址|街道名|도로명주소|상세주소|الشارع|רחוב|สถานที่
        """,
    "address.city": """
        city|town|city town|town city|locality|address city|city name|suburb|municipality|city or town|town or city
        place of residence|Ort|Stadt|Wohnort|Stadt/Ort|Ortschaft|Gemeinde|ville|commune|localité|ciudad|localidad
        localidade|población|municipio|città|comune|località|paese città|cidade|município|plaats|woonplaats|stad
        gemeente|vestigingsplaats|miasto|miejscowość|postort|bynavn|poststed|sted|město|obec|mesto|kaupunki
        postitoimipaikka|paikkakunta|város|település|oraș|localitate|grad|miestas|pilsēta|linn|şehir|ilçe|πόλη|град
        населено място|населений пункт|город|місто|市区町村|市町村|市区郡|都市|城市|所在城市|도시|시 군 구|المدينة|עיר
        शहर|เมือง|thành phố|kota
        """,
    "address.postcode": """
        postcode|postal code|post code|zip|zip code|zip postal code|zip postcode|postal zip code|zip postal|address zip
        address postal code|zip 4|postalcode|eircode|pincode|pin code|address zip postal code|address postcode
        zip or postal code|PLZ|Postleitzahl|code postal|cp|código postal|c p|cap|codice postale
        codice di avviamento postale|cep|código postal cep|kod pocztowy|postnummer|postnr|postnr.|psč
        poštovní směrovací číslo|postinumero|irányítószám|irsz|cod poștal|poštanski broj|poštna številka|pašto kodas
        pasta indekss|posta kodu|ταχυδρομικός κώδικας|τκ|почтовый индекс|индекс|поштовий індекс|郵便番号|邮编|邮政编码
        郵遞區號|우편번호|الرمز البريدي|מיקוד|पिन कोड|รหัสไปรษณีย์|mã bưu điện|kode pos
        """,
    "address.region": """
        state|province|region|county|state province|state region|state or province|province state|address state
        state county|prefecture|address state province|state code|province region|county state|administrative area
        state province region|state territory|us state|Bundesland|Kanton|Bezirk|Region|région|département|canton
        provincia|estado|comunidad autónoma|departamento geográfico|regione|distrito|provincie|województwo|län|fylke
        okres|maakunta|megye|județ|județul|županija|apskritis|νομός|область|регион|край|都道府県|省份|省|所在省份|省市
        州|地区 省|시도|시 도|المنطقة|المحافظة|มณฑล จังหวัด|จังหวัด|tỉnh|provinsi
        """,
    "address.country": """
        address country code|country|country region|nation|country code|country name|address country
        country of residence|country or region|country territory|Land|Staat|Herkunftsland|Land/Region|Wohnsitzland|pays
        pays région|pays de résidence|país|país región|país de residencia|paese|nazione|paese/regione|país de residência
        land van herkomst|kraj zamieszkania|państwo|země|stát|krajina|štát|maa|ország|țară|tara|država|zemlja|šalis
        valsts|riik|ülke|χώρα|страна|країна|国|国名|お住まいの国|居住国|国家|国家地区|國家|국가|나라|الدولة|البلد|מדינה
        ארץ|देश|ประเทศ|quốc gia|negara
        """,
}
"""By lead field, in all languages together."""
