"""What a mail says: read within bounds, told apart from what is no lead, and searched for the person who asks.

message.py     the values that pass between the steps
parsing.py     bytes to a ParsedMail: compat32, own decoding, caps on everything
quotes.py      the text that its author wrote, without quotes and signature
verdict.py     what kind of mail it is, by reason codes
people.py      the person: From, Reply-To, display name, signature
signature.py   where the signature stands; phones.py, employment.py and postal.py read its lines
forwards.py    who wrote what is passed on, by the blocks of header_blocks.py or the enclosed mail
forms.py       label and value pairs in text and HTML
adf.py         ADF/XML documents      vcard.py   business cards
reading.py     all of it together: from bytes to input names, or why it is no lead
"""
