/**
 * A process that is copied while it runs, as a virtual machine is that is restored from a snapshot. No copy can be made of
 * the objects of an election that runs; so a second election runs beside the first from the start, in lockstep: on the same
 * clock, with the same chance, and with the very answers that the first one's requests get. It sends nothing. At the moment
 * of the clone both know the same, down to what is under way. From then on the copy has a machine, chance and requests of
 * its own. What it had under way breaks off: connections are not copied. What the original had under way goes on.
 */
import type { Chance } from '../lease/chance.js';
import { TenureError } from '../lease/errors.js';
import type { RaiseWrite } from '../lease/store.js';
import type { Machine } from './machine.js';

interface Call {
  readonly name: PropertyKey;
  readonly args: readonly unknown[];
  readonly answer: Promise<unknown>;
}

type Method = (...args: unknown[]) => Promise<unknown>;

export class Lockstep {
  /**
   * The copy has asked for something else than the original, or a moment before it: their timers have run apart by a rounding
   * error, once in thousands of worlds. It is no copy then, and such a world has no clone.
   */
  broken = false;
  #released = false;
  readonly #calls: Call[] = [];
  #repeated = 0;
  readonly #draws: (number | string)[] = [];
  #redrawn = 0;
  readonly #waiting: (() => void)[] = [];

  /** Both go their own ways. */
  release(): void {
    this.#released = true;
    for (const run of this.#waiting.splice(0)) run();
  }

  get released(): boolean {
    return this.#released;
  }

  onceReleased(run: () => void): void {
    if (this.#released) run();
    else this.#waiting.push(run);
  }

  /** The original's store: each of its calls is remembered. */
  recording<T extends object>(store: T): T {
    return withMethods(store, (name, method) => (...args) => {
      const answer = method(...args);
      if (!this.#released) this.#calls.push({ name, args, answer });
      return answer;
    });
  }

  /** What the original has last sent to the fence: its copy knows the mark, and takes it for its own. */
  get raised(): RaiseWrite | undefined {
    return this.#calls.findLast(({ name }) => name === 'raise')?.args[0] as RaiseWrite | undefined;
  }

  /** The copy's store: gives what the original's calls were answered, then goes its own way. */
  repeating<T extends object>(store: T, machine: Machine): T {
    return withMethods(store, (name, method) => (...args) => {
      if (this.#released) return method(...args);
      const call = this.#calls[this.#repeated];
      this.#repeated += 1;
      if (call?.name === name) return this.#untilReleased(call.answer, machine);
      this.broken = true;
      return Promise.reject(new TenureError('RequestFailed', 'The copy is not in step with its original.'));
    });
  }

  #untilReleased(answer: Promise<unknown>, machine: Machine): Promise<unknown> {
    return new Promise((resolve, reject) => {
      let settled = false;
      const settle = (how: () => void) => {
        if (!settled) how();
        settled = true;
      };
      const answered = (how: () => void) => {
        if (!this.#released) settle(how);
      };
      answer.then(
        (result) => answered(() => resolve(result)),
        (error) => answered(() => reject(error)),
      );
      const breaksOff = () => settle(() => reject(new TenureError('RequestFailed', 'The connection was not copied.')));
      this.#waiting.push(() => void machine.clock.after(1, breaksOff));
    });
  }

  /** The original's chance: what it draws is remembered. */
  drawing(chance: Chance): Chance {
    const drawn = <T extends number | string>(value: T): T => {
      if (!this.#released) this.#draws.push(value);
      return value;
    };
    return { unit: () => drawn(chance.unit()), attempt: () => drawn(chance.attempt()) };
  }

  /** The copy's chance: draws what the original drew, then its own. */
  redrawing(chance: Chance): Chance {
    const again = <T extends number | string>(kind: 'number' | 'string', draw: () => T): T => {
      if (this.#released) return draw();
      const value = this.#draws[this.#redrawn];
      this.#redrawn += 1;
      if (typeof value === kind) return value as T;
      this.broken = true;
      return draw();
    };
    return { unit: () => again('number', () => chance.unit()), attempt: () => again('string', () => chance.attempt()) };
  }
}

/** The same object, with each of its methods replaced. */
function withMethods<T extends object>(object: T, replace: (name: PropertyKey, method: Method) => Method): T {
  return new Proxy(object, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return replace(name, (...args) => Reflect.apply(value, target, args));
    },
  });
}
