"""Mailboxes on a real Dovecot."""
