/** Known-bad variants of the holder: its lease, its heartbeats, what their answers mean, and how it gives the office back. */
import { at, type Mutant, seeds } from './mutant.js';

const outcome = at('lib/lease/outcome.ts');
const leadership = at('lib/election/candidate/leadership.ts');
const term = at('lib/election/candidate/term.ts');
const writes = at('lib/election/candidate/term-writes.ts');
const renewals = at('lib/election/candidate/renewals.ts');
const notice = at('lib/election/notices/notice.ts');

/** The signal as a timer left it. */
const SIGNAL_WITHOUT_A_LOOK = term('get signal(): AbortSignal {\n    this.#look();', 'get signal(): AbortSignal {');
const REMAINING = "    return this.#phase.is('leading', 'stopping') ? Math.max(0, this.leftMs()) : 0;";

export const HOLDER_MUTANTS: readonly Mutant[] = [
  {
    number: 13,
    name: 'release before the work stopped',
    patches: [term('if (this.#begun) await anySet(this.#workEnded, this.ended);', '')],
    by: seeds(100),
  },
  {
    number: 14,
    name: 'unknown renewal taken for success',
    patches: [
      term('  leftMs(): number {', '  restamp(sent: Instant) { this.#stamp = sent; }\n\n  leftMs(): number {'),
      renewals(
        "    if (fate.is === 'landed') {",
        "    if (fate.is === 'unclear') (this.term as unknown as { restamp(sent: Instant): void }).restamp(sent);\n    if (fate.is === 'landed') {",
      ),
    ],
    by: seeds(100),
  },
  {
    number: 16,
    name: 'lease counted from the reply',
    patches: [writes('return { fate, sent, record };', 'return { fate, sent: clock.now(), record };')],
    by: seeds(1_000, 1_400),
  },
  {
    number: 23,
    name: 'steps down only when a renewal fails',
    patches: [
      term("    if (leftMs <= 0) this.end('expired');\n    else if (", '    if (leftMs === undefined && '),
      term("    if (!this.#phase.is('leading', 'stopping')) return;", '    return;'),
      term(REMAINING, REMAINING.replace('Math.max(0,', 'Math.max(1,')),
    ],
    by: seeds(100),
  },
  {
    number: 24,
    name: 'a refusal after a retry counts as loss',
    patches: [
      outcome(
        "return record.mark === marks.next ? { is: 'landed', record }",
        "return record.mark === marks.next ? over('superseded')",
      ),
    ],
    by: seeds(1_000),
  },
  {
    number: 25,
    name: 'resign settles before the renewal under way',
    patches: [
      term(
        "    return this.quit({ reason: 'resigned', to });",
        "    void this.quit({ reason: 'resigned', to });\n    return Promise.resolve({ released: true });",
      ),
    ],
    by: { scenario: 'a resignation that lands late' },
  },
  {
    number: 29,
    name: 'leadership cached by a timer',
    patches: [
      term(`    this.#look();\n${REMAINING}`, "    return this.#phase.is('leading') ? 1 : 0;"),
      SIGNAL_WITHOUT_A_LOOK,
    ],
    by: seeds(100),
  },
  {
    number: 35,
    name: 'a refused retry counts as mine by attempt and mark alone',
    patches: [
      outcome(
        "  if (applied) return { is: 'landed', record };\n",
        "  if (applied || (record.attempt === office.attempt && isMine(record.mark))) return { is: 'landed', record };\n",
      ),
    ],
    by: { scenario: 'a revoke that took the number of a heartbeat' },
  },
  {
    number: 42,
    name: 'the signal alone, asked after a blocked loop, says nothing',
    patches: [SIGNAL_WITHOUT_A_LOOK],
    by: seeds(100),
  },
  {
    number: 45,
    name: 'the heartbeat waits for the queue',
    patches: [
      notice("  mail(version: Omit<Notice, 'election'>): void {", "  async mail(version: Omit<Notice, 'election'>) {"),
      notice('    this.#underWay.add(mailing);', '    this.#underWay.add(mailing);\n    await mailing;'),
      writes('(options, at) => {\n        notices.mail(', 'async (options, at) => {\n        await notices.mail('),
    ],
    by: { scenario: 'a queue that never answers' },
  },
  {
    number: 46,
    name: "the hand over's notice is mailed before it is known to be applied",
    patches: [
      writes(
        "    const written = await this.#send(\n      heir === undefined ? 'resign'",
        "    if (heir !== undefined) notices.mail({ term: office.term + 1, beat: 0, attempt: heir.attempt });\n    const written = await this.#send(\n      heir === undefined ? 'resign'",
      ),
    ],
    by: { scenario: 'a hand over that lands late' },
  },
  {
    number: 47,
    name: 'assertHeld() passes after a release was sent',
    patches: [term("    this.#enter('releasing', expiring ? 'expired' : reason);\n", '')],
    by: seeds(100),
  },
  {
    number: 55,
    name: 'assertHeld() asks nothing',
    patches: [leadership('if (this.#term.remainingMs() <= 0) throw', 'if (this.#term === undefined) throw')],
    by: seeds(100),
  },
  {
    number: 56,
    name: 'a leader passes for deposed while its work goes on',
    patches: [term(REMAINING, `    if (this.#latest.beat < 2) return 0;\n${REMAINING}`)],
    by: seeds(100),
  },
  {
    // Worlds have outages of any length, and none of them was said to be short enough to survive.
    number: 72,
    name: 'a heartbeat without an answer is not tried again before its next place',
    patches: [renewals('isRetry ? Math.min(this.#retryAt, this.#place) : this.#place', 'this.#place')],
    by: { scenario: 'outages that a term survives, whatever their phase' },
  },
  {
    number: 73,
    name: 'a heartbeat that is tried again moves the grid',
    patches: [
      renewals(
        '      this.#failures = 0;\n      if (this.term.landed',
        '      if (this.#failures > 0) this.#place = sent.mono + timings.renewMs;\n      this.#failures = 0;\n      if (this.term.landed',
      ),
    ],
    by: { scenario: 'outages that a term survives, whatever their phase' },
  },
  {
    // The simulated work waits for each of its proclamations before it makes the next.
    number: 74,
    name: 'each proclamation is sent again with its own value, beside the next one',
    patches: [
      term(
        '    const landed = this.#proclamation.want(copy);\n    this.#renewals.ask();\n    await landed;',
        "    const limitMs = this.context.timings.requestTimeoutMs / 2;\n    while (this.mayRenew() && (await this.#writes.renew(limitMs, { value: copy })).fate.is === 'unclear');",
      ),
    ],
    by: { scenario: 'a proclamation whose first sending is lost' },
  },
  {
    // The simulated table takes any value.
    number: 75,
    name: 'a value that the table finds invalid is sent again, where the heartbeats were',
    patches: [
      renewals(
        "wanted !== undefined &&\n      (isTenureError(failure, 'RequestInvalid')",
        "wanted === null &&\n      (isTenureError(failure, 'RequestInvalid')",
      ),
    ],
    by: { scenario: 'a value that the table finds invalid' },
  },
  {
    // As 74.
    number: 76,
    name: 'a value that landed settles a later one, which is never sent',
    patches: [
      at('lib/election/candidate/proclamation.ts')(
        '    if (this.#wanted?.serial === serial) this.#wanted = undefined;\n    this.#settle(serial, ({ resolve }) => resolve());',
        '    this.#wanted = undefined;\n    this.#settle(Math.max(serial, this.#serial), ({ resolve }) => resolve());',
      ),
    ],
    by: { scenario: 'a proclamation while the one before is under way' },
  },
  {
    number: 77,
    name: "a copy's heartbeat in the record is not noticed",
    patches: [outcome("return isMine(record.mark) ? undefined : 'cloned';", 'return undefined;')],
    by: { scenario: 'a copy of the leader that renews first' },
  },
  {
    number: 78,
    name: "a refusal by a copy's heartbeat counts as an answer that was lost",
    patches: [
      outcome(
        "  if (applied) return { is: 'landed', record };\n",
        "  if (applied || showsMine(record, office.holder, office.attempt)) return { is: 'landed', record };\n",
      ),
    ],
    by: { scenario: 'a copy of the leader that renews first' },
  },
  {
    number: 79,
    name: 'marks come from memory, which copies share',
    patches: [
      writes(
        'const next = this.context.chance.attempt();',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of the code itself
        'const next = `${this.office.attempt}.${this.#beat}`;',
      ),
    ],
    by: { scenario: 'two copies of a leader' },
  },
];
