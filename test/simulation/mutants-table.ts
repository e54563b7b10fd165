/** Known-bad variants of conditions, versions, clocks, readers and fenced writes. */
import { at, type Mutant, seeds } from './mutant.js';

const timing = at('lib/lease/timing.ts');
const record = at('lib/lease/record.ts');
const writes = at('lib/lease/writes.ts');
const expression = at('lib/lease/expression.ts');
const fence = at('lib/election/fence.ts');
const watcher = at('lib/election/record-watcher.ts');
const plan = at('lib/election/takeover-plan.ts');
const view = at('lib/election/view.ts');
const events = at('lib/election/events.ts');
const watchdog = at('lib/serverless/watchdog.ts');
const table = at('lib/simulation/table.ts');
const user = at('lib/simulation/work.ts');

export const TABLE_MUTANTS: readonly Mutant[] = [
  {
    number: 1,
    name: 'renew without condition',
    patches: [
      table(
        'if (!mine(r, office, marks) || r.beat >= beat) return undefined;',
        'if (r === undefined) return undefined;',
      ),
    ],
    by: seeds(100),
  },
  {
    number: 2,
    name: 'renew that may lower or repeat a version',
    patches: [
      writes(
        "[...mine(office, marks), below('beat', beat), ...READABLE],\n    set: { beat, renewedAt",
        '[...mine(office, marks), ...READABLE],\n    set: { beat, renewedAt',
      ),
    ],
    by: { engine: true },
  },
  {
    number: 3,
    name: 'no drift margin',
    patches: [
      timing('MAX_LEASE_MS) * (1 - drift);', 'MAX_LEASE_MS);'),
      timing('MAX_LEASE_MS) * (1 + drift);', 'MAX_LEASE_MS);'),
    ],
    by: seeds(500),
  },
  {
    number: 4,
    name: 'takeover compares the term only',
    patches: [
      table('if (r === undefined || versionKey(r) !== versionKey(seen)) return', 'if (r?.term !== seen.term) return'),
    ],
    by: { scenario: 'a takeover that lands after a sign of life' },
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
    by: seeds(100),
  },
  {
    number: 8,
    name: 'expiry watched by term, not by version',
    patches: [watcher('const isNews = last?.key !== key;', 'const isNews = last?.record?.term !== record?.term;')],
    by: seeds(100),
  },
  {
    number: 9,
    name: 'fenced write without condition',
    patches: [user('if (table.fence?.term !== term || table.fence.attempt !== attempt) return;', '')],
    by: seeds(200),
  },
  {
    number: 10,
    name: 'expiry by the wall clock in the record',
    patches: [
      plan(
        'const watched = since.mono + waitMs(record.leaseMs, me.drift);',
        'const watched = now.mono - now.wall + record.renewedAt + waitMs(record.leaseMs, me.drift);',
      ),
    ],
    by: seeds(100),
  },
  {
    number: 11,
    name: 'observation stamped when the read was sent',
    patches: [watcher('return this.#seen(record, sent, clock.now());', 'return this.#seen(record, sent, sent);')],
    by: seeds(500),
  },
  {
    number: 12,
    name: "release compares the holder's name only",
    patches: [
      table(
        'mine(r, office, marks) &&\n      r.beat < beat &&',
        'r !== undefined &&\n      r.holder === office.holder &&',
      ),
    ],
    by: seeds(1_000),
  },
  {
    number: 18,
    name: 'monotonic clock alone across a freeze',
    patches: [timing('return Math.max(to.mono - from.mono, to.wall - from.wall);', 'return to.mono - from.mono;')],
    by: seeds(100),
  },
  {
    number: 19,
    name: "standby waits its own lease time, not the record's",
    patches: [
      plan(
        'const watched = since.mono + waitMs(record.leaseMs, me.drift);',
        'const watched = since.mono + waitMs((me as unknown as { leaseMs: number }).leaseMs, me.drift);',
      ),
      watcher(
        'drift: timings.drift, holdOffUntil }',
        'drift: timings.drift, holdOffUntil, leaseMs: timings.leaseMs } as never',
      ),
    ],
    by: seeds(100),
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
    by: seeds(100),
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
    by: seeds(200),
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
    by: seeds(100),
  },
  {
    number: 27,
    name: 'a notice of an old term expires the lease',
    patches: [
      watchdog('seen?.term === notice.term &&\n    seen.attempt === notice.attempt &&', 'seen !== undefined &&'),
    ],
    by: { scenario: 'a notice of an old term' },
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
    number: 36,
    name: 'acquire at once after a revoke without proof of death',
    patches: [plan("(record.reason === 'revoked' && !!record.dead)", "record.reason === 'revoked'")],
    by: seeds(100),
  },
  {
    number: 37,
    name: 'a notice without the attempt',
    patches: [watchdog('    seen.attempt === notice.attempt &&\n', '')],
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
    by: seeds(100),
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
    by: seeds(200),
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
    by: seeds(100),
  },
  {
    number: 52,
    name: 'two proclaims at once make a rhythm for standbys',
    patches: [at('lib/election/heartbeat-rhythm.ts')('Math.min(record.renewMs, most) / 4)', '0)')],
    by: { scenario: 'proclaims in a row' },
  },
  {
    number: 53,
    name: 'reads that fail are tried again at once',
    patches: [
      timing('return Math.min(mostMs, 50 * 2 ** Math.min(10, failures)) * (0.5 + unit / 2);', 'return 0 * unit;'),
    ],
    by: seeds(100),
  },
  {
    number: 70,
    name: "a holder's writes do not compare the mark",
    patches: [writes("  oneOf('mark', marks.known),\n", '')],
    by: { engine: true },
  },
  {
    number: 71,
    name: 'the condition demands what the parser takes for optional',
    patches: [expression('return optional ? [either(absent(path + name), fits)] : [fits];', 'return [fits];')],
    by: { engine: true },
  },
  {
    number: 92,
    name: 'takeover compares the numbers of the version, and not the attempt',
    patches: [
      table(
        'if (r === undefined || versionKey(r) !== versionKey(seen)) return',
        'if (r?.term !== seen.term || r.beat !== seen.beat) return',
      ),
    ],
    by: { scenario: 'an acquisition that lands in a record which was deleted and begun anew' },
  },
  {
    // Worlds with copies found it: a copy that is cut off from the table, and not from the queue, counts its beats on.
    number: 93,
    name: 'a notice of a copy is heeded, whatever mark the record has',
    patches: [watchdog('    isKnown(seen.mark, notice.marks);', '    isKnown(seen.mark, undefined);')],
    by: { scenario: 'a notice of a copy that is cut off from the table' },
  },
  {
    number: 94,
    name: 'a vacancy is written whatever challenge stands by then',
    patches: [table('(r.challenger?.attempt ?? answers) === (answers ?? r.challenger?.attempt)', 'r !== undefined')],
    by: { scenario: 'an operator that corrects another just before the vacancy' },
  },
];
