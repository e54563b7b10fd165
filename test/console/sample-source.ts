/**
 * A source of made-up events: all that the page can show is there at once, with nothing to wait for. Twelve candidates,
 * five minutes of terms, heartbeats, kills, pauses, cut-offs, challenges and refused writes; the last leader leads.
 */
import type { ConsoleEvent, EmitEvent, Passing } from '../../lib/console/console-events.js';
import type { ConsoleSource } from '../../lib/console/console-source.js';

const ELECTION = 'billing';
const LEASE_MS = 3_000;
const RENEW_MS = 900;
const HISTORY_MS = 290_000;
const NAMES = ['ada', 'ben', 'cleo', 'dora', 'emil', 'fay', 'gus', 'hal', 'ida', 'one-with-a-long-name', 'kim', 'lou'];

export function sampleSource(): ConsoleSource {
  let beating: NodeJS.Timeout | undefined;
  return {
    title: 'planted facts',
    actions: ['challenge', 'transfer', 'revoke', 'kill', 'pause', 'resume', 'cut', 'join', 'end', 'add'],
    start(emit) {
      const now = Date.now();
      const facts = history(now);
      for (const event of facts.sort((a, b) => a.at - b.at)) emit(event);
      beating = keepBeating(facts, emit);
    },
    act: async () => 'nothing is done here',
    close: async () => clearInterval(beating),
  };
}

const nameOf = (n: number) => NAMES[n % NAMES.length]!;

function history(now: number): ConsoleEvent[] {
  const begin = now - HISTORY_MS;
  const candidate = (id: string, at: number, status: string, isCutOff = false): ConsoleEvent => ({
    is: 'candidate',
    election: ELECTION,
    at,
    id,
    status,
    isCutOff,
    pid: 4_711,
  });
  const facts: ConsoleEvent[] = [
    { is: 'election', election: ELECTION, at: begin },
    ...NAMES.map((id) => candidate(id, begin, 'standby')),
  ];
  let previous: string | undefined;
  let at = begin + 1_000;
  for (let term = 1; at < now - LEASE_MS; term += 1) {
    const holder = nameOf(term * 5);
    const isGivenBack = term % 3 === 0;
    const tookMs = isGivenBack ? 30 + ((term * 13) % 70) : LEASE_MS + 20 + ((term * 37) % 160);
    const passed = previous === undefined ? undefined : { how: howOf(isGivenBack), tookMs };
    const text = `${holder} leads term ${term}`;
    facts.push({ is: 'term', election: ELECTION, at, term, holder, previous, leaseMs: LEASE_MS, passed, text });
    const end = at + 6_000 + ((term * 977) % 9_000);
    for (let beat = 1; at + RENEW_MS < Math.min(end, now); beat += 1) {
      at += RENEW_MS;
      facts.push({ is: 'heartbeat', election: ELECTION, at, term, holder, beat, leaseMs: LEASE_MS });
    }
    facts.push(...asides(term, at, nameOf(term + 2), candidate));
    // So the next term begins by a hand-over.
    if (term % 3 === 2)
      facts.push({ is: 'vacancy', election: ELECTION, at, term, previous: holder, reason: 'resigned', dead: false });
    at += term % 3 === 2 ? 60 : LEASE_MS + 100;
    previous = holder;
  }
  const isolated = NAMES.find((id) => id !== previous)!;
  const gone = 'mia';
  return [
    ...facts,
    candidate(isolated, now - 10_000, 'standby', true),
    candidate(gone, begin, 'standby'),
    candidate(gone, now - 20_000, 'dead'),
  ];
}

const howOf = (isGivenBack: boolean): Passing => (isGivenBack ? 'hand-over' : 'failover');

/** What happens beside the terms, to a candidate that does not lead. */
function asides(
  term: number,
  at: number,
  id: string,
  candidate: (id: string, at: number, status: string, isCutOff?: boolean) => ConsoleEvent,
): ConsoleEvent[] {
  const head = { election: ELECTION, at, text: 'planted', why: 'to be seen' };
  const refused: ConsoleEvent = { is: 'refused', ...head, id, by: 'stamp', term, found: term + 1 };
  if (term % 4 === 0) return [{ is: 'challenge', ...head, term, by: 'operator', reason: 'deploy' }];
  if (term % 4 === 1)
    return [candidate(id, at - 4_000, 'standby', true), candidate(id, at, 'standby'), refused, refused];
  if (term % 4 === 2) return [candidate(id, at - 4_000, 'paused'), candidate(id, at, 'standby')];
  return [{ is: 'lost', ...head, term, id, reason: 'expired' }];
}

function keepBeating(facts: readonly ConsoleEvent[], emit: EmitEvent): NodeJS.Timeout {
  const last = facts.findLast((fact) => fact.is === 'term');
  if (last === undefined) throw new Error('No term was planted.');
  const { term, holder, leaseMs } = last;
  let beat = 1_000;
  const next = () => {
    beat += 1;
    emit({ is: 'heartbeat', election: ELECTION, at: Date.now(), term, holder, beat, leaseMs });
  };
  next();
  return setInterval(next, RENEW_MS);
}
