"""What a mail says: read within bounds, told apart from what is no lead, and searched for the person who asks.

message.py     the values that pass between the steps      keys.py   what a mail is known by
parsing.py     bytes to a ParsedMail, with caps on everything: mime.py splits, headers.py and decoding.py read, text.py takes HTML
quotes.py      the text that its author wrote, without quotes and signature; quote_words.py has the words for it
verdict.py     what kind of mail it is, by reason codes; verdict_words.py has the words for it
people.py      the person: From, Reply-To, display name, signature
signature.py   where the signature stands and what it says: phones.py, employment.py (with titles.py, which tells titles and
               companies), postal.py and signature_words.py read lines
forwards.py    who wrote what is passed on, by the blocks of header_blocks.py or the enclosed mail
forms.py       label and value pairs: form_text.py and form_html.py find them, form_signs.py knows form programs
adf.py         ADF/XML documents, by elements.py      vcard.py   business cards
reading.py     all of it together: from bytes to input names, or why it is no lead
"""
