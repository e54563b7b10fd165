/**
 * Known-bad variants of the shipping code (and of the simulated table, where the variant is of a condition): each one
 * place changed, in a build of its own. Each must be killed: by seeds, by a directed scenario where it is rare, or on a
 * real engine where it is about expressions.
 */
import type { Patch } from './build.js';

export interface Mutant {
  /** Its number, the same for ever. */
  readonly number: number;
  readonly name: string;
  readonly patches: readonly Patch[];
  /** Killed by these seeds (limit), a directed scenario, or the check on a real engine. */
  readonly by:
    | { readonly seeds: number; readonly from?: number }
    | { readonly scenario: string }
    | { readonly engine: true };
}

const at = (file: string) => (find: string, replace: string) => ({ file, find, replace });
const timing = at('lib/lease/timing.ts');
const outcome = at('lib/lease/outcome.ts');
const record = at('lib/lease/record.ts');
const fence = at('lib/election/fence.ts');
const candidate = at('lib/election/candidate.ts');
const contest = at('lib/election/contest.ts');
const holding = at('lib/election/holding.ts');
const leadership = at('lib/election/leadership.ts');
const writes = at('lib/election/writes.ts');
const watcher = at('lib/election/watcher.ts');
const standby = at('lib/election/standby.ts');
const view = at('lib/election/view.ts');
const events = at('lib/election/events.ts');
const watchdog = at('lib/serverless/watchdog.ts');
const table = at('lib/simulation/table.ts');
const network = at('lib/simulation/network.ts');
const user = at('lib/simulation/work.ts');

const MINE = 'if (!mine(r, office, marks) || r.beat >= beat) return undefined;';
/** Tried from `from` on: where a rare one is known to die, so that this need not be found anew each time. */
const seeds = (seeds: number, from = 1) => ({ seeds, from });

export const MUTANTS: readonly Mutant[] = [
  {
    number: 1,
    name: 'renew without condition',
    patches: [table(MINE, 'if (r === undefined) return undefined;')],
    by: seeds(200),
  },
  {
    number: 2,
    name: 'renew that may lower or repeat a version',
    patches: [table(MINE, 'if (!mine(r, office, marks)) return undefined;')],
    by: seeds(2_000),
  },
  {
    number: 3,
    name: 'no drift margin',
    patches: [
      timing('MAX_LEASE_MS) * (1 - drift);', 'MAX_LEASE_MS);'),
      timing('MAX_LEASE_MS) * (1 + drift);', 'MAX_LEASE_MS);'),
    ],
    by: seeds(4_000),
  },
  {
    number: 4,
    name: 'takeover compares the term only',
    patches: [table('r.term !== seen.term || r.beat !== seen.beat) return', 'r.term !== seen.term) return')],
    by: seeds(2_000, 450),
  },
  {
    number: 5,
    name: 'release deletes the record',
    patches: [
      table(
        '    return { applied: true, record: this.record };',
        '    const kept = this.record; if (kept.holder === undefined) this.record = undefined; return { applied: true, record: kept };',
      ),
    ],
    by: seeds(200),
  },
  {
    number: 6,
    name: 'after an unknown outcome the lease counts from the read-back',
    patches: [
      contest(
        'return this.#taken(record!, this.#bid!.stamp);',
        'return this.#taken(record!, this.context.clock.now());',
      ),
    ],
    by: seeds(4_000),
  },
  {
    number: 7,
    name: 'takeover keeps the term',
    patches: [contest('fenceTerm) + 1, attempt', 'fenceTerm, 1), attempt')],
    by: seeds(200),
  },
  {
    number: 8,
    name: 'expiry watched by term, not by version',
    patches: [watcher('const isNews = last?.key !== key;', 'const isNews = last?.record?.term !== record?.term;')],
    by: seeds(500),
  },
  {
    number: 9,
    name: 'fenced write without condition',
    patches: [user('if (table.fence?.term !== term || table.fence.attempt !== attempt) return;', '')],
    by: seeds(500),
  },
  {
    number: 10,
    name: 'expiry by the wall clock in the record',
    patches: [
      standby(
        'const watched = since.mono + waitMs(record.leaseMs, me.drift);',
        'const watched = now.mono - now.wall + record.renewedAt + waitMs(record.leaseMs, me.drift);',
      ),
    ],
    by: seeds(500),
  },
  {
    number: 11,
    name: 'observation stamped when the read was sent',
    patches: [watcher('this.#seen(record, sent, clock.now());', 'this.#seen(record, sent, sent);')],
    by: seeds(6_000, 650),
  },
  {
    number: 12,
    name: "release compares the holder's name only",
    patches: [table('mine(r, office, marks) && r.beat < beat', 'r !== undefined && r.holder === office.holder')],
    by: seeds(2_000),
  },
  {
    number: 13,
    name: 'release before the work stopped',
    patches: [holding('if (this.#begun) await aborted(this.#workEnd.signal, this.#end.signal);', '')],
    by: seeds(500),
  },
  {
    number: 14,
    name: 'unknown renewal taken for success',
    patches: [
      holding(
        "    if (fate.is === 'over') return this.#refused",
        "    if (fate.is === 'unclear') this.#stamp = sent;\n    if (fate.is === 'over') return this.#refused",
      ),
    ],
    by: seeds(500),
  },
  {
    number: 15,
    name: 'lease counted from the last SDK attempt',
    patches: [
      network(
        'this.machine.run(() => settle(() => resolve(result))), again);',
        'this.machine.run(() => settle(() => resolve(typeof result === "object" && result !== null ? { ...result, sentAt } : result))), again);',
      ),
      network('const again = () =>', 'const sentAt = this.machine.clock.now(); const again = () =>'),
      writes(
        'return { fate: judge(reply), sent, record: reply.record };',
        'return { fate: judge(reply), sent: (reply as { sentAt?: Instant }).sentAt ?? sent, record: reply.record };',
      ),
    ],
    by: { scenario: 'a heartbeat whose first answer is lost' },
  },
  {
    number: 16,
    name: 'lease counted from the reply',
    patches: [
      writes(
        'return { fate: judge(reply), sent, record: reply.record };',
        'return { fate: judge(reply), sent: this.context.clock.now(), record: reply.record };',
      ),
    ],
    by: seeds(4_000),
  },
  {
    number: 17,
    name: 'a restarted process trusts its own name in the record',
    patches: [
      contest(
        '    if (showsMine(record, id, this.#bid?.attempt)) return',
        '    if (record?.holder === id) return this.#taken(record, this.context.clock.now());\n    if (showsMine(record, id, this.#bid?.attempt)) return',
      ),
    ],
    by: seeds(500),
  },
  {
    number: 18,
    name: 'monotonic clock alone across a freeze',
    patches: [timing('return Math.max(to.mono - from.mono, to.wall - from.wall);', 'return to.mono - from.mono;')],
    by: seeds(500),
  },
  {
    number: 19,
    name: "standby waits its own lease time, not the record's",
    patches: [
      standby(
        'const watched = since.mono + waitMs(record.leaseMs, me.drift);',
        'const watched = since.mono + waitMs((me as unknown as { leaseMs: number }).leaseMs, me.drift);',
      ),
      watcher(
        'drift: timings.drift, holdOffUntil }',
        'drift: timings.drift, holdOffUntil, leaseMs: timings.leaseMs } as never',
      ),
    ],
    by: seeds(500),
  },
  {
    number: 20,
    name: 'fenced write as read, then put',
    patches: [
      user(
        '  for (const write of [check, stamp]) {',
        '  const seen = await store.send(() => journal.stamped).catch(() => 0);\n  const put = () => { if (seen <= term) overwrite(); };\n  for (const write of [check, put]) {',
      ),
    ],
    by: seeds(2_000),
  },
  {
    number: 21,
    name: 'observer without filter on eventually consistent reads',
    patches: [
      view(
        '      if (strong === undefined || strong < this.#sightings) return;\n      this.#rewound(was!, record);',
        '',
      ),
      watcher('if (!view.isOlder(record)) {', 'if (view) {'),
    ],
    by: seeds(500),
  },
  {
    number: 22,
    name: 'record removed by TTL',
    patches: [
      table(
        '    return { applied: true, record: this.record };',
        '    this.world.after(30_000, () => { this.record = undefined; });\n    return { applied: true, record: this.record };',
      ),
    ],
    by: seeds(500),
  },
  {
    number: 23,
    name: 'steps down only when a renewal fails',
    patches: [
      holding("if (this.#left() <= 0) this.end('expired');", 'if (this.#left() <= 0) return;'),
      holding('this.#releasing ? 0 : Math.max(0, this.#left());', 'this.#releasing ? 0 : Math.max(1, this.#left());'),
    ],
    by: seeds(500),
  },
  {
    number: 24,
    name: 'a refusal after a retry counts as loss',
    patches: [
      outcome(
        "return record.beat === beat ? { is: 'landed', record } : UNCLEAR;",
        "return record.beat === beat ? over('superseded') : UNCLEAR;",
      ),
    ],
    by: seeds(500),
  },
  {
    number: 25,
    name: 'resign settles before the renewal under way',
    patches: [
      holding(
        "    return this.quit({ reason: 'resigned', to });",
        "    void this.quit({ reason: 'resigned', to });\n    return Promise.resolve({ released: true });",
      ),
    ],
    by: seeds(2_000),
  },
  {
    number: 26,
    name: 'a resigned node re-adopts its own version',
    patches: [
      contest(
        '  #taken(record: LeaseRecord, stamp: Instant | undefined): Taken {\n    this.#bid = undefined;',
        '  #taken(record: LeaseRecord, stamp: Instant | undefined): Taken {',
      ),
    ],
    by: { scenario: 'a read that overtakes a release' },
  },
  {
    number: 27,
    name: 'a notice of an old term expires the lease',
    patches: [
      watchdog(
        'seen?.term === notice.term && seen.attempt === notice.attempt && seen.beat <= notice.beat;',
        'seen !== undefined && seen.beat <= notice.beat;',
      ),
    ],
    by: { scenario: 'a notice of an old term' },
  },
  {
    number: 29,
    name: 'leadership cached by a timer',
    patches: [
      holding(
        '  remainingMs(): number {\n    this.#look();\n    return this.#over !== undefined || this.#releasing ? 0 : Math.max(0, this.#left());',
        '  remainingMs(): number {\n    return this.#over !== undefined || this.#releasing || this.#stop.signal.aborted ? 0 : 1;',
      ),
      leadership('    return this.#holding.signal;', '    return this.#holding.rawSignal;'),
      holding(
        '  /** Aborts when the term is over',
        '  get rawSignal(): AbortSignal { return this.#stop.signal; }\n\n  /** Aborts when the term is over',
      ),
    ],
    by: seeds(500),
  },
  {
    number: 30,
    name: "the record's lease time without a cap",
    patches: [timing('return Math.min(leaseMs, MAX_LEASE_MS) * (1 + drift);', 'return leaseMs * (1 + drift);')],
    by: { scenario: 'an absurd lease' },
  },
  {
    number: 31,
    name: 'an exception in a listener stops the demotion',
    patches: [events('        this.#failed(name, cause);\n      }\n    }', '        throw cause;\n      }\n    }')],
    by: { scenario: 'a listener that throws' },
  },
  {
    number: 32,
    name: 'two elections share a record',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of the code itself
    patches: [record('`election#${election}`', '`election#one`')],
    by: { engine: true },
  },
  {
    number: 33,
    name: 'fence raised after the work began',
    patches: [
      candidate(
        'if (!(await this.#raiseFence(holding, stop))) return undefined;',
        'void this.#raiseFence(holding, stop);',
      ),
    ],
    by: seeds(500),
  },
  {
    number: 35,
    name: 'a refused retry counts as mine by attempt and beat alone',
    patches: [
      outcome(
        '  const ended = endOf(office, record);',
        "  if (record.attempt === office.attempt && record.beat === beat) return { is: 'landed', record };\n  const ended = endOf(office, record);",
      ),
    ],
    by: { scenario: 'a revoke that took the number of a heartbeat' },
  },
  {
    number: 36,
    name: 'acquire at once after a revoke without proof of death',
    patches: [standby("(record.reason === 'revoked' && !!record.dead)", "record.reason === 'revoked'")],
    by: seeds(500),
  },
  {
    number: 37,
    name: 'a notice without the attempt',
    patches: [
      watchdog('seen?.term === notice.term && seen.attempt === notice.attempt &&', 'seen?.term === notice.term &&'),
    ],
    by: { scenario: 'a notice of an attempt that never won' },
  },
  {
    number: 38,
    name: "stamp joins the user's condition without parentheses",
    patches: [
      fence(
        // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of the code itself
        'return closes > 0 && closes === text.length - 1 ? text : `(${text})`;',
        'return closes === -2 ? text : text;',
      ),
    ],
    by: { engine: true },
  },
  {
    number: 39,
    name: 'readers cap the lease below what holders may take',
    patches: [
      timing('return Math.min(leaseMs, MAX_LEASE_MS) * (1 + drift);', 'return Math.min(leaseMs, 2_500) * (1 + drift);'),
    ],
    by: seeds(500),
  },
  {
    number: 40,
    name: 'a second attempt after an unknown acquire',
    patches: [contest('if (this.#bid?.key !== key) this.#bid', 'this.#bid')],
    by: { scenario: 'an acquire that lands beside its second sending' },
  },
  {
    number: 41,
    name: 'acquire leaves an old challenger in place',
    patches: [
      table(
        'const { challenger, successor, dead, value, ...kept } = r;',
        'const { successor, dead, value, ...kept } = r;',
      ),
    ],
    by: seeds(500),
  },
  {
    number: 42,
    name: 'the signal alone, asked after a blocked loop, says nothing',
    patches: [
      leadership('    return this.#holding.signal;', '    return this.#holding.rawSignal;'),
      holding(
        '  /** Aborts when the term is over',
        '  get rawSignal(): AbortSignal { return this.#stop.signal; }\n\n  /** Aborts when the term is over',
      ),
    ],
    by: seeds(500),
  },
  {
    number: 45,
    name: 'the heartbeat waits for the queue',
    patches: [
      at('lib/election/notice.ts')(
        "  mail(version: Omit<Notice, 'election'>): void {",
        "  async mail(version: Omit<Notice, 'election'>): Promise<void> {",
      ),
      at('lib/election/notice.ts')(
        '    this.#underWay.add(mailing);',
        '    this.#underWay.add(mailing);\n    await mailing;',
      ),
      writes(
        '      (at) => {\n        this.context.notices.mail(',
        '      async (at) => {\n        await this.context.notices.mail(',
      ),
    ],
    by: { scenario: 'a queue that never answers' },
  },
  {
    number: 46,
    name: "the hand over's notice is mailed before it is known to be applied",
    patches: [
      writes(
        '    const written = await this.#send(\n      `Giving back',
        '    if (challenger !== undefined) this.context.notices.mail({ term: office.term + 1, beat: 0, attempt: challenger.attempt });\n    const written = await this.#send(\n      `Giving back',
      ),
    ],
    by: { scenario: 'a hand over that lands late' },
  },
  {
    number: 47,
    name: 'assertHeld() passes after a release was sent',
    patches: [holding('    this.#releasing = true;\n', '')],
    by: seeds(500),
  },
  {
    number: 48,
    name: 'a watch counts from what renewedAt says is left of the lease',
    patches: [
      watcher(
        'since: isNews || last === undefined ? at : last.since };',
        'since: isNews || last === undefined ? { mono: at.mono - Math.max(0, at.wall - (record?.renewedAt ?? at.wall)), wall: at.wall - Math.max(0, at.wall - (record?.renewedAt ?? at.wall)) } : last.since };',
      ),
    ],
    by: seeds(500),
  },
  {
    number: 49,
    name: "a handed office counts the newcomer's own lease",
    patches: [
      contest(
        'showsMine(record, id, this.#challenge?.attempt)) return this.#taken(record!, undefined);',
        'showsMine(record, id, this.#challenge?.attempt)) return this.#taken(record!, this.context.clock.now());',
      ),
    ],
    by: seeds(6_000),
  },
  {
    number: 50,
    name: 'one attempt serves a challenge and an acquire',
    patches: [
      contest(
        'this.#bid = { key, attempt: this.#newAttempt(), stamp: undefined };',
        'this.#bid = { key, attempt: this.#challenge?.attempt ?? this.#newAttempt(), stamp: undefined };',
      ),
    ],
    by: { scenario: "a hand over that lands just before the challenger's own acquire" },
  },
  {
    number: 51,
    name: 'the fence at my term counts as mine without the attempt',
    patches: [candidate('(fence?.term === term && fence.attempt === attempt)', 'fence?.term === term')],
    by: { scenario: 'a fence that another attempt has raised' },
  },
  {
    number: 52,
    name: 'two proclaims at once make a rhythm for standbys',
    patches: [standby('Math.min(record.renewMs, most) / 4)', '0)')],
    by: { scenario: 'proclaims in a row' },
  },
  {
    number: 53,
    name: 'reads that fail are tried again at once',
    patches: [
      standby('return Math.min(mostMs, 50 * 2 ** Math.min(10, failures)) * (0.5 + unit / 2);', 'return 0 * unit;'),
    ],
    by: seeds(200),
  },
  {
    number: 54,
    name: 'who led does not go to the end of the line',
    patches: [
      at('lib/election/succession.ts')(
        'return [...inLine.filter(({ id }) => id !== last), ...inLine.filter(({ id }) => id === last)];',
        'return inLine;',
      ),
      candidate('      this.context.roster?.rejoin();\n', ''),
    ],
    by: { scenario: 'the line of succession: seniority' },
  },
  {
    number: 55,
    name: 'assertHeld() asks nothing',
    patches: [leadership('if (this.#holding.remainingMs() <= 0) throw', 'if (this.#holding === undefined) throw')],
    by: seeds(200),
  },
  {
    number: 56,
    name: 'a leader passes for deposed while its work goes on',
    patches: [
      holding('return this.#over !== undefined || this.#releasing ? 0 :', 'return this.#latest.beat < 2 ? 0 :'),
    ],
    by: seeds(200),
  },
];
