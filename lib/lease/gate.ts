/**
 * Turns for the requests of many elections on one table. A thousand candidates that start, or beat, at once would
 * otherwise queue inside a slow server until every call has timed out, and then all try again: what it answers by then is
 * wasted. Here they wait before they are sent, when neither a stamp nor a time-out has begun; leaders go first. A turn is
 * for one request, never for a pause between two; and each table has turns of its own, so that one that does not answer
 * keeps nobody from another.
 */
export class Gate {
  readonly #busy = { leader: 0, other: 0 };
  readonly #waiting = { leader: [] as (() => void)[], other: [] as (() => void)[] };

  /**
   * @param most how many requests go at a time
   * @param mostOthers how many of them may be looks and bids, so that there is always room for a leader's own
   */
  constructor(
    private readonly most = Number.POSITIVE_INFINITY,
    private readonly mostOthers = most,
  ) {}

  /** Runs `send` when its turn has come. */
  async pass<T>(whose: 'leader' | 'other', send: () => Promise<T>): Promise<T> {
    if (this.#hasRoom(whose)) this.#busy[whose] += 1;
    else await new Promise<void>((resolve) => this.#waiting[whose].push(resolve));
    try {
      return await send();
    } finally {
      this.#busy[whose] -= 1;
      if (!this.#letIn('leader')) this.#letIn('other');
    }
  }

  #hasRoom(whose: 'leader' | 'other'): boolean {
    const { leader, other } = this.#busy;
    return leader + other < this.most && (whose === 'leader' || other < this.mostOthers);
  }

  /** The place is taken at once, so that nobody slips in between. */
  #letIn(whose: 'leader' | 'other'): boolean {
    const next = this.#hasRoom(whose) ? this.#waiting[whose].shift() : undefined;
    if (next === undefined) return false;
    this.#busy[whose] += 1;
    next();
    return true;
  }
}
