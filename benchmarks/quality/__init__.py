"""How well mails and tables are understood, against labelled files that are not part of the project: `make quality`."""
