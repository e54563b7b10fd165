/** A machine of a simulated world: its clocks err, it may stand still, and it may die. */
import type { Chance } from '../lease/chance.js';
import type { Clock } from '../lease/clock.js';
import type { World } from './world.js';

/** A machine with clocks of its own, that may stand still or die. */
export class Machine {
  alive = true;
  /** Signals `SIGSTOP` and a blocked event loop look alike: nothing runs, the clocks go on. */
  #frozen = false;
  #deferred: (() => void)[] = [];
  #monoBase = 0;
  #monoFrom: number;
  #monoStopped = false;
  #wallOffset: number;
  #original: Machine | undefined;
  #timers = 0;
  #news = 0;
  /** When it last went on after a standstill. */
  thawedAt = Number.NEGATIVE_INFINITY;
  readonly clock: Clock;
  readonly chance: Chance;

  /** @param rate how fast both clocks run, against real time */
  constructor(
    private readonly world: World,
    private readonly rate: number,
    wallOffset: number,
  ) {
    this.#monoFrom = world.now;
    this.#monoBase = world.random.between(0, 1e6);
    this.#wallOffset = 1_700_000_000_000 + wallOffset;
    this.clock = {
      now: () => ({ mono: this.#mono(), wall: this.#wallOffset + world.now * rate }),
      after: (ms, run) => world.after(Math.max(0, ms) / rate, () => this.#ring(run)),
    };
    this.chance = {
      unit: () => world.random.unit(),
      attempt: () =>
        Math.floor(world.random.unit() * 2 ** 32).toString(36) + Math.floor(world.random.unit() * 2 ** 32).toString(36),
    };
  }

  get frozen(): boolean {
    return this.#frozen;
  }

  /** Rises with whatever may change what its candidate knows, but for time that goes by. */
  get turns(): number {
    return this.news + this.#timers;
  }

  /** Rises with whatever comes from outside: an answer, a fault. What its own timers do is left out. */
  get news(): number {
    return this.#news + this.world.runs;
  }

  /** As many timers have run as on the machine that it is a copy of. */
  get isInStep(): boolean {
    return this.#original === undefined || this.#original.#timers === this.#timers;
  }

  /** Something is done to it from outside. */
  touch(): void {
    this.#news += 1;
  }

  /** Runs what comes from outside: now, when the machine goes on, or never. */
  run(what: () => void): void {
    if (!this.alive) return;
    if (this.#frozen) {
      this.#deferred.push(what);
      return;
    }
    this.#news += 1;
    what();
  }

  #ring(what: () => void): void {
    if (this.#frozen || !this.alive) {
      this.run(what);
      return;
    }
    this.#timers += 1;
    what();
  }

  /** @param suspended a virtual machine is frozen: its monotonic clock stands still as well */
  freeze(suspended: boolean): void {
    if (this.#frozen) return;
    this.#frozen = true;
    if (!suspended) return;
    this.#monoBase = this.#mono();
    this.#monoStopped = true;
  }

  thaw(): void {
    if (!this.#frozen) return;
    this.touch();
    this.#frozen = false;
    this.thawedAt = this.world.now;
    if (this.#monoStopped) {
      this.#monoStopped = false;
      this.#monoFrom = this.world.now;
    }
    // One event each, as an event loop does: between two of them the world may look.
    for (const run of this.#deferred.splice(0)) this.world.after(0, () => this.run(run));
  }

  stepWall(ms: number): void {
    this.touch();
    this.#wallOffset += ms;
  }

  /** Another machine whose clocks show the same, and run as fast. */
  copy(): Machine {
    const copy = new Machine(this.world, this.rate, 0);
    copy.#monoBase = this.#mono();
    copy.#monoFrom = this.world.now;
    copy.#wallOffset = this.#wallOffset;
    copy.#original = this;
    return copy;
  }

  /** The monotonic clock alone runs ahead, in one step. */
  stepMono(ms: number): void {
    this.touch();
    this.#monoBase += ms;
  }

  #mono(): number {
    return this.#monoStopped ? this.#monoBase : this.#monoBase + (this.world.now - this.#monoFrom) * this.rate;
  }
}
