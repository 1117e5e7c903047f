"""Telling people: each alert as a mail or a webhook to those whom it concerns, and once more when it is over.

    kinds      every kind of alert: whom it concerns, and what helps
    settings   `notify:` of leadrelay.yaml
    planning   who is to be told what, as a value
    messages   what a notice says; clean takes personal data and secrets out of it
    smtp, webhook   how it gets there
    notifier   the timer's work: plans, and sends at least once

The engine raises and resolves alerts and knows nothing of this.
"""
