"""The demo: form posts, mails and a file go through a real leadrelay into simulators of both CRMs, on this machine alone.

place.py     the demo's folder: configuration, secrets, where mails and files are dropped
posts.py     the sample form posts      mails.py     the sample mails      tables.py    the sample file
running.py   the processes: leadrelay itself, and the simulators
play.py      what happens, in order     outcome.py   what has become of everything
"""
