/** Known-bad variants of the candidate: claims and acquisitions, the fence, challenges, and how it leaves. */
import { at, type Mutant, seeds } from './mutant.js';

const candidate = at('lib/election/candidate/candidate.ts');
const acquisition = at('lib/election/candidate/acquisition.ts');
const challenges = at('lib/election/candidate/challenges.ts');
const claims = at('lib/election/candidate/claims.ts');
const fence = at('lib/election/candidate/fence-raising.ts');
const health = at('lib/election/candidate/health.ts');
const succession = at('lib/election/roster/succession.ts');

/** A claim that was recognised gives no lease by itself: section 4. */
const RECOGNISED = 'return this.#won({ record: record!, stamp: undefined,';
const recognisedFromNow = (kind: 'bid' | 'challenge') =>
  acquisition(
    RECOGNISED,
    `return this.#won({ record: record!, stamp: claim.kind === '${kind}' ? this.context.clock.now() : undefined,`,
  );

export const CANDIDATE_MUTANTS: readonly Mutant[] = [
  {
    number: 6,
    name: 'after an unknown outcome the lease counts from the read-back',
    patches: [recognisedFromNow('bid')],
    by: seeds(500),
  },
  {
    number: 7,
    name: 'takeover keeps the term',
    patches: [acquisition('Math.max(record?.term ?? 0, above) + 1', 'Math.max(record?.term ?? 0, above, 1)')],
    by: seeds(100),
  },
  {
    number: 17,
    name: 'a restarted process trusts its own name in the record',
    patches: [
      acquisition(
        '    const claim = this.#claims.wonBy(record, this.context.id);',
        '    if (record?.holder === this.context.id) return this.#won({ record, stamp: this.context.clock.now(), handedOver: false });\n    const claim = this.#claims.wonBy(record, this.context.id);',
      ),
    ],
    by: seeds(500),
  },
  {
    number: 26,
    name: 'a resigned node re-adopts its own version',
    patches: [acquisition('    this.#claims.clear(); // all of them were for terms up to this one\n', '')],
    by: { scenario: 'a read that overtakes a release' },
  },
  {
    number: 33,
    name: 'fence raised after the work began',
    patches: [
      candidate(
        'const raised = await raiseFence(context, term, stop);',
        "const raised = { is: 'raised' } as Awaited<ReturnType<typeof raiseFence>>;\n      void raiseFence(context, term, stop);",
      ),
    ],
    by: seeds(100),
  },
  {
    number: 40,
    name: 'a second attempt after an unknown acquire, and the first is forgotten',
    patches: [claims('if (known !== undefined) return known;', 'if (known !== undefined) this.drop(known);')],
    by: { scenario: 'an acquire that lands beside its second sending' },
  },
  {
    number: 49,
    name: "a handed office counts the newcomer's own lease",
    patches: [recognisedFromNow('challenge')],
    by: seeds(500),
  },
  {
    number: 51,
    name: 'the fence at my term counts as mine without the attempt',
    patches: [fence('if (fence.term !== term || fence.attempt !== attempt) return', 'if (fence.term !== term) return')],
    by: { scenario: 'a fence that another attempt has raised' },
  },
  {
    number: 54,
    name: 'a leader does not go to the end of the line after its term',
    patches: [
      succession(
        'return [...inLine.filter(({ id }) => id !== last), ...inLine.filter(({ id }) => id === last)];',
        'return inLine;',
      ),
      candidate('      else this.roster?.rejoin();\n', ''),
    ],
    by: { scenario: 'the line of succession: seniority' },
  },
  {
    // What is left behind costs others a lease, and the worlds ask only that somebody leads in the end.
    number: 80,
    name: 'a candidate that leaves does not look after its claims',
    patches: [acquisition('const taken = await this.#leave();', 'const taken = undefined as Won | undefined;')],
    by: { scenario: 'an acquisition whose answer is lost, of a candidate that leaves' },
  },
  {
    number: 81,
    name: 'a candidate that leaves does not withdraw its challenge',
    patches: [acquisition('      await this.challenges.withdraw();\n', '')],
    by: { scenario: 'a challenger that leaves before it is heard' },
  },
  {
    number: 82,
    name: 'a second challenge takes the place of the first, and its refusal drops both',
    patches: [
      claims(
        "    const challenge: Challenge = { kind: 'challenge',",
        "    this.#claims = this.#claims.filter(({ kind }) => kind === 'bid');\n    const challenge: Challenge = { kind: 'challenge',",
      ),
      challenges('      claim.pending = reply', '      this.claims.drop(claim);\n      claim.pending = reply'),
    ],
    by: { scenario: 'a second challenge, refused because the first was granted' },
  },
  {
    number: 83,
    name: 'a challenge is forgotten as soon as another version is seen',
    patches: [
      claims(
        '    this.#claims = this.#claims.filter(({ term }) => record.term <= term);',
        "    this.#claims = this.#claims.filter((claim) => record.term <= claim.term && (claim.kind === 'bid' || record.beat <= claim.beat));",
      ),
    ],
    by: { scenario: 'a hand-over some heartbeats after the challenge' },
  },
  {
    number: 84,
    name: 'the loop of a standby waits for its health check',
    patches: [
      health('  isWell(whenWell: () => void): boolean {', '  async isWell(whenWell: () => void): Promise<boolean> {'),
      health('      void this.#check().then((error) => {', '      await this.#check().then((error) => {'),
      challenges('if (!this.health.isWell(this.wake)) return;', 'if (!(await this.health.isWell(this.wake))) return;'),
    ],
    by: { scenario: 'a health check that hangs' },
  },
  {
    number: 85,
    name: 'a candidate that is stopped during its last look acquires all the same',
    patches: [
      acquisition(
        'if (this.#courteousFor !== seen.key || stop.isSet) continue;',
        'if (this.#courteousFor !== seen.key) continue;',
      ),
      acquisition('      if (stop.isSet) return undefined;\n', ''),
    ],
    by: { scenario: 'a candidate that is stopped during its last look' },
  },
  {
    number: 86,
    name: 'a candidate that is stopped while its acquisition is under way begins to work',
    patches: [
      candidate(
        'const raised = await raiseFence(context, term, stop);',
        'const raised = await raiseFence(context, term, new Latch());',
      ),
      candidate('    if (!stop.isSet) {\n      const raised', '    {\n      const raised'),
      candidate('!stop.isSet && (await term.secured(stop)) && !stop.isSet', '(await term.secured(new Latch()))'),
    ],
    by: { scenario: 'a candidate that is stopped while its acquisition is under way' },
  },
  {
    // The simulated table refuses nothing but what the protocol says.
    number: 87,
    name: 'an acquisition that is refused by an unchanged version is sent again at once',
    patches: [
      acquisition('if (reply.record !== undefined && sameVersion(reply.record, record)) {', 'if (record === null) {'),
    ],
    by: { scenario: 'an acquisition that the table refuses though nothing has changed' },
  },
  {
    number: 88,
    name: "an operator's challenge does not replace an earlier operator's",
    patches: [challenges('const overEqual = rank >= OPERATOR_RANK;', 'const overEqual = rank > OPERATOR_RANK;')],
    by: { scenario: 'an operator that corrects another' },
  },
  {
    number: 90,
    name: 'a fence that was found ahead is forgotten',
    patches: [acquisition('    this.#fenceTerm = Math.max(this.#fenceTerm, term);', '    void term;')],
    by: { scenario: 'a fence far ahead of a restored record' },
  },
  {
    number: 91,
    name: 'a failed acquisition is tried again without a pause',
    patches: [acquisition('    if (!isLost) await sleep(', '    if (isLost && !isLost) await sleep(')],
    by: { scenario: 'an acquisition that the table refuses though nothing has changed' },
  },
];
