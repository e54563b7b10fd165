/**
 * Known-bad variants that ordinary faults never killed: each dies in worlds of one kind, whose table goes back, whose
 * clocks err by all they may or run ahead, or where candidates are asked for courtesy.
 */
import type { Mutant } from './mutants.js';

const at = (file: string) => (find: string, replace: string) => ({ file, find, replace });
const timing = at('lib/lease/timing.ts');
const acquisition = at('lib/election/candidate/acquisition.ts');
const fence = at('lib/election/candidate/fence-raising.ts');
const plan = at('lib/election/takeover-plan.ts');
const health = at('lib/election/candidate/health.ts');
const holdOff = at('lib/election/candidate/hold-off.ts');
const view = at('lib/election/view.ts');

export const WORLD_MUTANTS: readonly Mutant[] = [
  {
    // Not seen before: no clocks erred by all they may, and networks were so slow that half of the margin never decided.
    number: 57,
    name: 'a standby waits the bare lease, without its half of the margin',
    patches: [timing('MAX_LEASE_MS) * (1 + drift);', 'MAX_LEASE_MS);')],
    by: { seeds: 1_000 },
  },
  {
    number: 66,
    name: 'a holder leads for the bare lease, without its half of the margin',
    patches: [timing('MAX_LEASE_MS) * (1 - drift);', 'MAX_LEASE_MS);')],
    by: { seeds: 1_000 },
  },
  {
    // Not seen before: no table went back, so that no fence was ever ahead of its record.
    number: 58,
    name: 'an acquisition ignores how far the fence is',
    patches: [acquisition('Math.max(record?.term ?? 0, above) + 1', 'Math.max(record?.term ?? 0, 0 * above) + 1')],
    by: { seeds: 2_000, from: 800 },
  },
  {
    // Not seen before: as 58.
    number: 59,
    name: 'work begins although the fence was refused',
    patches: [fence("return { is: 'ahead', term: fence.term };", "return { is: 'raised' };")],
    by: { seeds: 200 },
  },
  {
    // Not seen before: monotonic clocks stood still at times, and none ran ahead.
    number: 60,
    name: 'a watch goes on although its monotonic clock ran ahead',
    patches: [plan("=== 'restart' ? now : since", "=== 'restart' ? since : since")],
    by: { seeds: 1_000 },
  },
  {
    // Not seen before: an acquire out of turn is valid, so no invariant shows it, and nobody asked for the courtesy.
    number: 61,
    name: 'a vacancy that is reserved for another is taken at once',
    patches: [plan('record.successor === undefined ? 0 :', 'record.successor !== me.id ? 0 :')],
    by: { seeds: 200 },
  },
  {
    // Not seen before: as 61.
    number: 62,
    name: 'a candidate that resigned takes the vacancy at once',
    patches: [holdOff('this.#until = this.clock.now().mono +', 'this.#until = 0 *')],
    by: { seeds: 200 },
  },
  {
    // Not seen before: health checks failed, and the checker did not know whose; leaders alone were followed.
    number: 63,
    name: 'a candidate challenges although its health check fails',
    patches: [health('if (isFresh) return this.#latest!.well;', 'if (isFresh) return true;')],
    by: { seeds: 500 },
  },
  {
    number: 64,
    name: 'a leader goes on although its health check fails',
    patches: [health('      sick();', '      void sick;')],
    by: { seeds: 100 },
  },
  {
    number: 65,
    name: 'a table that went back is reported to nobody',
    patches: [view('      this.#rewound(was!, record);', '')],
    by: { seeds: 200 },
  },
  {
    number: 67,
    name: 'of two copies of a standby, both begin the work of a term',
    patches: [
      fence("fence.mark === undefined || marks.has(fence.mark) ? { is: 'raised' }", "fence ? { is: 'raised' }"),
    ],
    by: { scenario: 'two copies of a standby whose acquisition is under way' },
  },
  {
    number: 68,
    name: 'a heartbeat is applied whatever mark the record has',
    patches: [
      at('lib/simulation/table.ts')(
        'return isTheirs && marks.known.includes(record.mark);',
        'return isTheirs && !!marks;',
      ),
    ],
    by: { scenario: 'a copy of a leader that renews second, by a higher number' },
  },
];
