/**
 * What a leader proclaims, as desired state: each heartbeat carries the latest wanted value until one has landed with it.
 * So an older value never lands over a newer one, and a value that the table refuses costs no heartbeat.
 */

interface Waiting {
  readonly serial: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** A value on its way. */
export interface Wanted {
  readonly serial: number;
  readonly value: unknown;
}

export class Proclamation {
  #serial = 0;
  #wanted: Wanted | undefined;
  #waiting: Waiting[] = [];

  /** What the next heartbeat is to carry; undefined where the record shows the latest value. */
  get wanted(): Wanted | undefined {
    return this.#wanted;
  }

  /** Wants this value from now on. Resolves once it, or a later one, has landed. */
  want(value: unknown): Promise<void> {
    this.#serial += 1;
    const serial = this.#serial;
    this.#wanted = { serial, value };
    return new Promise((resolve, reject) => this.#waiting.push({ serial, resolve, reject }));
  }

  landed({ serial }: Wanted): void {
    if (this.#wanted?.serial === serial) this.#wanted = undefined;
    this.#settle(serial, ({ resolve }) => resolve());
  }

  /** The table finds this value invalid: it is dropped, unless a later one is wanted by now. */
  refused({ serial }: Wanted, error: unknown): void {
    if (this.#wanted?.serial === serial) this.#wanted = undefined;
    this.#settle(serial, ({ reject }) => reject(error));
  }

  /** The term is over: nothing lands any more. */
  end(error: () => unknown): void {
    this.#wanted = undefined;
    if (this.#waiting.length === 0) return;
    const why = error();
    this.#settle(this.#serial, ({ reject }) => reject(why));
  }

  #settle(upTo: number, how: (waiting: Waiting) => void): void {
    const settled = this.#waiting.filter(({ serial }) => serial <= upTo);
    this.#waiting = this.#waiting.filter(({ serial }) => serial > upTo);
    for (const waiting of settled) how(waiting);
  }
}
