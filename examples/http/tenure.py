"""Leader election over Tenure's HTTP lease API. Copy this file: it needs only Python 3.8 and its standard library.

The client is the candidate. The API makes its writes; the client's own clocks decide whether it leads:

- the stamp is taken BEFORE a heartbeat is sent, and only an answer of 200 lets the lease count from it;
- the larger of the monotonic and the wall clock's difference counts, because the monotonic one stops while a machine sleeps;
- the lease is shorter by the drift margin (`holdMs`), and the work has to stop `step_down_ms` before its end;
- a term that is over is never taken up again: the next one is acquired with an attempt of its own.

    lease = Lease('http://127.0.0.1:7654', 'billing', 'worker-1')
    with lease.acquire() as term:
        while term.held():
            charge_next_customer(token=term.number)   # to a system that refuses lower tokens
"""

import json
import os
import re
import secrets
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

WAIT_MS = 20_000  # how long one request to acquire may wait for the office


class Problem(Exception):
    """A refusal of the API (RFC 9457). `code` is for programs."""

    def __init__(self, status, body):
        # If IAM refuses a request, AWS answers, with other fields.
        super().__init__(body.get("detail") or body.get("Message") or body.get("message") or f"status {status}")
        self.status = status
        self.code = body.get("code", "")
        self.body = body


class Stamp:
    """One moment on both clocks."""

    def __init__(self):
        self.mono = time.monotonic()
        self.wall = time.time()

    def elapsed_ms(self):
        return max(time.monotonic() - self.mono, time.time() - self.wall) * 1000


class Lease:
    """One candidate of one election.

    sign(method, url, headers, body) -> headers: for a function URL, which wants requests signed. See `aws_signer`.
    """

    def __init__(self, url, election, candidate, lease_ms=10_000, renew_ms=None, step_down_ms=None, token=None, sign=None):
        self.url = f"{url.rstrip('/')}/elections/{urllib.parse.quote(election, safe='')}"
        self.candidate = candidate
        self.lease_ms = lease_ms
        self.renew_ms = lease_ms * 3 // 10 if renew_ms is None else renew_ms
        self.step_down_ms = lease_ms // 10 if step_down_ms is None else step_down_ms
        self.token = token
        self.sign = sign

    def acquire(self, stop=None):
        """Waits for the office, and returns the `Term`; or None once `stop` (a threading.Event) is set."""
        stop = stop or threading.Event()
        attempt, seen, seen_at = secrets.token_urlsafe(12), None, 0.0
        while not stop.is_set():
            wish = {"id": self.candidate, "attempt": attempt, "leaseMs": self.lease_ms, "renewMs": self.renew_ms, "waitMs": WAIT_MS}
            if seen is not None:
                # The server watches for as long as a request may wait. Longer leases are watched here, by the
                # monotonic clock alone: from after the first answer that showed this version, to before this request.
                wish["seen"] = {"version": seen, "unchangedMs": int((time.monotonic() - seen_at) * 1000)}
            try:
                office = self.post("acquire", wish, timeout_s=WAIT_MS / 1000 + 10)
                term = Term(self, office["term"], attempt, office["beat"])
                if term.begin():
                    return term
                attempt = secrets.token_urlsafe(12)
            except Problem as problem:
                if problem.code == "Held":
                    version = problem.body["office"]["version"]
                    if version != seen:
                        seen, seen_at = version, time.monotonic()
                elif problem.code in ("AttemptUsed", "LeadershipLost"):
                    attempt = secrets.token_urlsafe(12)
                elif problem.status < 500:
                    raise
                else:
                    stop.wait(0.5)  # the outcome is unknown: the same attempt again
            except OSError:
                stop.wait(0.5)
        return None

    def post(self, what, body, timeout_s):
        url, data = f"{self.url}/{what}", json.dumps(body).encode()
        headers = {"content-type": "application/json"}
        if self.token:
            headers["authorization"] = f"Bearer {self.token}"
        if self.sign:
            headers = self.sign("POST", url, headers, data)
        request = urllib.request.Request(url, data=data, headers=headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=timeout_s) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            try:
                problem = json.loads(error.read())
            except ValueError:
                problem = {}
            raise Problem(error.code, problem) from None


def aws_signer(region=None, service="lambda"):
    """A `sign` for a function URL (AWS Signature Version 4), by botocore, which comes with boto3 and is there on Lambda.

    The credentials are those that botocore finds: the environment, a profile, the role of the host. They are read at
    each request, so that temporary ones are renewed. The Region is the URL's, or else that of the environment.
    """
    try:
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.exceptions import BotoCoreError
        from botocore.session import Session
    except ImportError as missing:
        raise RuntimeError(
            "aws_signer() signs with botocore, which this Python does not have: `pip install botocore`, or give Lease a `sign` "
            "of your own: sign(method, url, headers, body) -> headers."
        ) from missing
    session = Session()

    def sign(method, url, headers, body):
        try:
            found = session.get_credentials()
            credentials = found and found.get_frozen_credentials()
        except BotoCoreError as error:
            raise OSError(f"no AWS credentials at the moment: {error}") from error  # as a request without an answer
        if credentials is None:
            raise RuntimeError("aws_signer() found no AWS credentials: set AWS_ACCESS_KEY_ID and so on, a profile, or a role.")
        request = AWSRequest(method=method, url=url, data=body, headers=headers)
        SigV4Auth(credentials, service, region or _region_of(url, session)).add_auth(request)
        return dict(request.headers.items())

    return sign


def _region_of(url, session):
    named = re.search(r"\.lambda-url\.([a-z0-9-]+)\.on\.aws", urllib.parse.urlsplit(url).hostname or "")
    region = named.group(1) if named else os.environ.get("AWS_REGION") or session.get_config_variable("region")
    if region:
        return region
    raise RuntimeError(f"aws_signer() cannot tell the Region of {url}: say aws_signer(region='eu-west-1'), or set AWS_REGION.")


class Term:
    """One term in office. `number` is the fencing token."""

    def __init__(self, lease, number, attempt, beat):
        self.lease = lease
        self.number = number
        self.attempt = attempt
        self.why = None  # how it ended
        self._beat = beat
        self._heir = None  # the candidate in favour of which an operator asked for the office
        self._held_from = None  # the stamp of the last heartbeat that was applied
        self._hold_ms = 0
        self._asked = Stamp()
        self._lock = threading.Lock()  # guards the fields above
        self._sending = threading.Lock()  # one write of this term at a time
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._heartbeats, daemon=True)

    def held(self):
        """True while the work may go on. A pause may come right after it: writes carry `number`.

        Asking is the work's sign of life: nobody sends heartbeats for work that has not asked for a lease.
        """
        with self._lock:
            self._asked = Stamp()
        return self.remaining_ms() > 0

    def remaining_ms(self):
        """How long the work may go on without another heartbeat; 0 once it may not. Never rises again from 0."""
        with self._lock:
            if self._over.is_set() or self._held_from is None:
                return 0
            left = self._hold_ms - self.lease.step_down_ms - self._held_from.elapsed_ms()
            if left > 0:
                return left
            self._end("expired")
            return 0

    def resign(self, to=None):
        """Gives the office back. Call it when the work has ended. True if this term is known to be over in the record.

        The vacancy is reserved for the candidate `to`, if given; else for the candidate that an operator has named.
        """
        with self._lock:
            self._end("resigned")
            heir = to or self._heir
        tries = 0
        with self._sending:
            while tries < 3:
                tries += 1
                try:
                    self._send("resign", **({"to": heir} if heir else {}))
                    return True
                except Problem as problem:
                    if problem.status < 500 and problem.code != "BeatTaken":
                        return False
                except OSError:
                    pass
        return False  # the lease runs out by itself: the others wait for it

    def begin(self):
        """Sends the first heartbeat: being in office alone gives no lease yet."""
        began = Stamp()
        while not self._over.is_set() and began.elapsed_ms() < self.lease.lease_ms:
            if self._heartbeat() is True and self.remaining_ms() > 0:
                self._thread.start()
                return True
        self.resign()
        return False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.resign()

    def _heartbeats(self):
        """A fixed rhythm: the next one is due `renew_ms` after the last one was sent."""
        sent = Stamp()
        while not self._over.wait(max(0.0, self.lease.renew_ms - sent.elapsed_ms()) / 1000):
            with self._lock:
                silent = self._asked.elapsed_ms() > self.lease.lease_ms
            if silent or self.remaining_ms() <= 0:
                return  # the lease runs out, or has
            sent = Stamp()
            if self._heartbeat() == "taken":
                self._heartbeat()  # an earlier try has landed without an answer: send the next beat at once

    def _heartbeat(self):
        """One heartbeat with a beat of its own. Only an answer of 200 extends; no answer extends nothing and ends nothing."""
        with self._sending:
            if self._over.is_set():
                return False
            stamp = Stamp()
            try:
                answer = self._send("heartbeat")
            except Problem as problem:
                if problem.code == "LeadershipLost":
                    with self._lock:
                        self._end(problem.body.get("reason", "superseded"))
                return "taken" if problem.code == "BeatTaken" else False
            except OSError:
                return False
        if self._held_from is not None and self.remaining_ms() <= 0:
            return False  # an answer that comes after the deadline restores nothing
        with self._lock:
            self._held_from, self._hold_ms = stamp, answer["holdMs"]
            if answer["yields"]:
                self._heir = answer.get("challenger", {}).get("to")
                self._end("yielded")  # an operator asks for the office: stop the work, then resign
        return True

    def _send(self, what, **more):
        self._beat += 1
        body = {"id": self.lease.candidate, "term": self.number, "attempt": self.attempt, "beat": self._beat, **more}
        return self.lease.post(what, body, timeout_s=max(0.1, self.lease.renew_ms / 2000))

    def _end(self, why):
        if not self._over.is_set():
            self.why = why
            self._over.set()
