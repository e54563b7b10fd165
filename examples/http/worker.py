"""A worker of which several run, and one works: it charges invoices in a ledger that refuses the writes of a deposed leader.

    python3 worker.py http://127.0.0.1:7654 billing worker-1 ledger.sqlite

SIGN=aws: the URL is a function URL, whose requests are signed. TENURE_TOKEN: the agent's token. LEASE_MS (default 10000).
"""

import os
import signal
import sqlite3
import sys
import threading
import time

from tenure import Lease, aws_signer

STEP_S = float(os.environ.get("STEP_S", "0.5"))


def charge(ledger, term):
    """Compares the term and writes, in one statement. Between two statements, anything might happen."""
    with ledger:
        return ledger.execute("UPDATE ledger SET charged = charged + 1, term = ? WHERE term <= ?", (term, term)).rowcount == 1


def main():
    url, election, candidate, path = sys.argv[1:]
    ledger = sqlite3.connect(path, timeout=30)
    with ledger:
        ledger.execute("CREATE TABLE IF NOT EXISTS ledger (one INTEGER PRIMARY KEY CHECK (one = 1), charged INTEGER, term INTEGER)")
        ledger.execute("INSERT OR IGNORE INTO ledger VALUES (1, 0, 0)")
    stop = threading.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: stop.set())
    lease_ms = int(os.environ.get("LEASE_MS", "10000"))
    sign = aws_signer() if os.environ.get("SIGN") == "aws" else None
    lease = Lease(url, election, candidate, lease_ms, token=os.environ.get("TENURE_TOKEN"), sign=sign)
    while not stop.is_set():
        term = lease.acquire(stop)
        if term is None:
            break
        with term:
            print(f"leading term {term.number}", flush=True)
            while term.held() and not stop.is_set():
                time.sleep(STEP_S)  # the work: this process may be paused here, and not know
                if charge(ledger, term.number):
                    print(f"charged in term {term.number}", flush=True)
                else:
                    print(f"refused: the ledger has seen a later term than {term.number}", flush=True)
                    break
            print(f"held: {term.held()}", flush=True)
        print(f"term {term.number} is over: {term.why}", flush=True)
        if not stop.is_set():
            stop.wait(lease_ms / 1000)  # a candidate that lost the office or gave it back leaves it to others for a lease


main()
