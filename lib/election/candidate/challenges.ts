/** Asking the leader to hand over (section 6, Challenge): by priority, as a relay, or as an operator. */
import { isTenureError } from '../../lease/errors.js';
import type { Challenger, LeaseRecord } from '../../lease/record.js';
import type { Reply } from '../../lease/store.js';
import { checkFits } from '../../lease/value.js';
import type { Context } from '../context.js';
import { asTenureError, call } from '../request.js';
import { OPERATOR_RANK, STANDING_MS } from './challenge-rules.js';
import type { Claims } from './claims.js';
import { Health } from './health.js';
import { newAttempt } from './wake-verdict.js';

/** What a challenger says about itself. */
export type Asking = Pick<Challenger, 'why' | 'stands' | 'to'>;

export class Challenges {
  readonly health: Health;
  #challengedTerm = 0;
  readonly #underWay = new Set<Promise<unknown>>();

  /** @param wake lets the candidate look now */
  constructor(
    private readonly context: Context,
    private readonly claims: Claims,
    private readonly wake: () => void,
  ) {
    this.health = new Health(context);
  }

  /** A challenger that stands looks more often: monotonic ms. */
  get nextLookAt(): number {
    return this.claims.isPending ? this.context.clock.now().mono + STANDING_MS : Number.POSITIVE_INFINITY;
  }

  /** Asks the leader to hand over. `rank` above the candidate's own is for operators and relays. */
  ask(seen: LeaseRecord, rank: number, asking: Asking): Promise<Reply> {
    const asked = this.#ask(seen, rank, asking);
    const settled: Promise<unknown> = asked.then(
      () => this.#underWay.delete(settled),
      () => this.#underWay.delete(settled),
    );
    this.#underWay.add(settled);
    return asked;
  }

  async #ask(seen: LeaseRecord, rank: number, { why, stands, to }: Asking): Promise<Reply> {
    const { context } = this;
    const attempt = newAttempt(context);
    const challenger: Challenger = { id: context.id, attempt, rank, why, stands, ...(to !== undefined && { to }) };
    checkFits(context.election, { ...seen, challenger });
    const { term, beat } = seen;
    const holder = seen.holder!;
    const claim = stands ? this.claims.challenge({ term, holder, attempt, rank, beat }) : undefined;
    if (stands) this.#challengedTerm = term;
    const overEqual = rank >= OPERATOR_RANK;
    let tries = 0;
    const reply = await call(context, 'challenge', (options) => {
      tries += 1;
      return context.store.challenge({ term, holder, challenger, overEqual }, options);
    });
    if (reply.record !== undefined) context.view.see(reply.record);
    const applied = reply.applied || reply.record?.challenger?.attempt === attempt;
    if (claim !== undefined) claim.unsure = tries > 1;
    if (claim !== undefined && applied) {
      claim.beat = reply.record!.beat; // a heartbeat that landed before the challenge leaves nothing unanswered
      this.wake();
    } else if (claim !== undefined) {
      claim.pending = reply.record?.attempt === attempt;
    }
    return { applied, record: reply.record };
  }

  /** A standby of strictly higher priority challenges the leader, once per term, while it is well. */
  async byPriority(record: LeaseRecord | undefined, mayChallenge: boolean): Promise<void> {
    const { emitter, priority } = this.context;
    if (record?.holder === undefined || priority <= record.priority || record.term === this.#challengedTerm) return;
    if (!mayChallenge || this.claims.isPending) return;
    if (record.challenger !== undefined && record.challenger.rank >= priority) return;
    if (!this.health.isWell(this.wake)) return;
    try {
      await this.ask(record, priority, { why: 'priority', stands: true });
    } catch (cause) {
      emitter.emit('error', asTenureError(cause, 'Challenging the leader'));
    }
  }

  /**
   * Takes back every challenge, once those under way have been answered, or not. One that was granted meanwhile, or of which
   * a try had no answer, stays a claim: look for it, and withdraw it again.
   */
  async withdraw(): Promise<void> {
    const { context } = this;
    await Promise.all(this.#underWay);
    for (const claim of this.claims.challenges) {
      const { attempt } = claim;
      try {
        const { applied, record } = await call(context, 'withdraw', (options) =>
          context.store.withdraw({ attempt }, options),
        );
        const granted = record?.attempt === attempt;
        // Refused, with an answer to each try: it was replaced, or the term is over, and it cannot come back.
        if (!claim.unsure && (applied || !granted)) this.claims.drop(claim);
      } catch (cause) {
        if (isTenureError(cause) && cause.permanent) this.claims.drop(claim);
        context.emitter.emit('error', asTenureError(cause, 'Withdrawing a challenge'));
      }
    }
  }
}
