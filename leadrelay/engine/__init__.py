"""The engine: intake, processing, reconciling, reading back and timers; the only code that changes a lead's state.

Its modules in the order in which a lead meets them:

    capture    captures, intake      durable before anyone is answered; spool while the store is away
               pulling, lease          a mailbox that is asked, by one worker at a time
               watching, moving        a folder whose files are imported and put away
               importing               a file's records, resumable at any of them, with file_state (is it the same file still),
                                       occurrences (which of several equal records), rejects (the file of what is wrong)
               preview                 what an import would do
    process    process               submissions to leads, a batch at a time: rows (what the store is to hold),
                                       deciding (what the rules make of a lead), redeciding (when time alone or new rules do)
               visiting                visits of the website, which wait until their visitor is known
               judging                 submissions that the rules take for no leads
               routing, routing_plan   who gets a lead, with a trace and a row in the ledger; routing_turns (whose turn it is),
                                       team_desk (who takes leads now)
               owning, deadlines       whose a lead is, through every fold; what is told when nobody answers
               known_accounts          who has a company already, for the next person of it
               replaying               leads under other rules or mappings: rereading (what was captured, read again),
                                       replay_changes (what differs), replay_aside (what would be put aside),
                                       replay_previews, replay_applying; reading (for both)
    reconcile  reconcile             one sink's pass, and what it is made of:
               claiming, preparing     which rows go into the next call, and what the sink is called with
               own_owners              from whom a record's owner may be taken
               account, admission      the one way to a CRM account, and the rules of its gate
               settling, answers       what a row becomes after the call, and what the answer leaves behind
               seen                    hashes of what was written, by which read_back knows an echo
               bulk_jobs               thousands of new leads as a job of the CRM
    read back  read_back             what people did in a CRM, page by page; each page passes
               knowing                 what the store knows of its records, in the words of one sink
               telling                 what one change says that is new, and that this CRM may say
               hearing                 what that makes of our leads
               merging                 two leads that became one: what goes over, and what is remembered of it
               lateness                the alert when all that comes too late
    look after worker                the threads that run all this; timers for what is due later
               keeper, plan            the configuration in force, and what the engine takes from it
               resync, drift           what follows when a mapping or a CRM changes
               schema_watch            mappings held against each CRM by a timer
               watchman                what stands still, piles up or fills without anybody meeting it
               refusals                posts whose token is wrong: one alert a source
               aside                   submissions that the rules put aside: one alert a source when they are many
               retention               what is no longer needed leaves
    all        clock, own_key        the time, and the key of this installation
    people     operations, drain, audit (with audit_routing), alerts, credentials
               manual                  leads that people add by hand
               merges, unmerging       two leads that a person says are one, and taking that back (giving_back: what goes to whom)
               erase                   with erasing (whose rows), mentions (whose address), suppressions (never again)

Decisions are made outside the write transaction from what `leadrelay.store` read; what moved meanwhile is decided again.
"""
