/** Carries out what the schedule says, on one process or on one election's leader. */
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clocks } from './clocks.js';
import type { EventLog } from './event-log.js';
import type { Ledger } from './ledger.js';
import type { Cut, Network } from './network.js';
import type { Runner, Slot } from './process-slot.js';
import type { Random } from './random.js';
import type { Act, Fault } from './schedule.js';

/** Where the faults strike. */
export interface Stage {
  readonly slots: readonly Slot[];
  readonly elections: readonly string[];
  readonly network: Network;
  readonly ledger: Ledger;
  readonly clocks: Clocks;
  readonly eventLog: EventLog;
  readonly chance: Random;
  readonly leaseMs: number;
}

type OnProcess = Extract<Act, { slot: number }>;
type OnLeader = Extract<Act, { election: number }>;

export class Acts {
  /** How often each was done. */
  readonly done: Partial<Record<Fault, number>> = {};
  readonly #underWay = new Set<Promise<void>>();
  readonly #calm = new AbortController();

  constructor(private readonly stage: Stage) {
    setMaxListeners(0, this.#calm.signal); // one for each act under way
  }

  /** Begins an act; it ends by itself, or when calm is asked for. */
  begin(act: Act): void {
    const under = ('slot' in act ? this.#onProcess(act) : this.#onLeader(act)).then((did) => {
      if (did) this.done[act.fault] = (this.done[act.fault] ?? 0) + 1;
    });
    this.#underWay.add(under);
    // A failure is kept for calm(), which everybody awaits in the end.
    under.then(() => this.#underWay.delete(under)).catch(() => {});
  }

  /** Takes back what is still under way: all run on, and nobody is cut off. @throws what an act threw */
  async calm(): Promise<void> {
    this.#calm.abort();
    await Promise.all(this.#underWay);
  }

  async #onProcess(act: OnProcess): Promise<boolean> {
    const { clocks, eventLog, chance } = this.stage;
    const slot = this.stage.slots[act.slot]!;
    const { runner } = slot;
    const note = (what: string) => eventLog.note(`${runner.name}: ${what}`);
    switch (act.fault) {
      case 'kill':
      case 'close':
        note(act.fault === 'kill' ? 'SIGKILL' : 'SIGTERM');
        await runner.end(act.fault === 'kill' ? 'SIGKILL' : 'SIGTERM');
        await this.#wait(act.ms);
        eventLog.note(`${slot.startAnother().name}: started`);
        return true;
      case 'stop':
        note(`SIGSTOP for ${act.ms.toFixed(0)} ms`);
        await this.#stopped(runner, act.ms);
        note('SIGCONT');
        return true;
      case 'twin':
        note(`SIGSTOP, and a twin takes its id`);
        await this.#twin(slot, act.ms);
        return true;
      case 'block':
        note(`event loop blocked for ${act.ms.toFixed(0)} ms`);
        runner.process.send({ do: 'block', ms: act.ms });
        await this.#wait(act.ms);
        return true;
      case 'clock step':
        note(`wall clock set to ${await clocks.step(act.slot, chance)} s`);
        return true;
      default:
        note(`${act.fault} for ${act.ms.toFixed(0)} ms`);
        await this.#cut(act.slot, act.fault, act.ms);
        note(`${act.fault} is over`);
        return true;
    }
  }

  async #onLeader({ fault, election: place }: OnLeader): Promise<boolean> {
    const { elections, slots, ledger, eventLog } = this.stage;
    const election = elections[place]!;
    eventLog.note(`${fault} asked for`, election);
    if (fault === 'revoke') return ledger.revoke(election);
    if (fault === 'challenge') return ledger.challenge(election);
    for (const { runner } of slots) runner.process.send({ do: 'resign', election });
    return true;
  }

  async #stopped(runner: Runner, ms: number): Promise<void> {
    runner.process.pause();
    await this.#wait(ms);
    runner.process.resume();
  }

  /** One that was stopped is continued while another runs under its id; later it dies. */
  async #twin(slot: Slot, ms: number): Promise<void> {
    const old = slot.runner;
    old.process.pause();
    slot.startAnother();
    await this.#wait(ms);
    old.process.resume();
    await this.#wait(this.stage.leaseMs);
    await old.end();
  }

  async #cut(slot: number, how: Cut, ms: number): Promise<void> {
    this.stage.network.cut(slot, how);
    await this.#wait(ms);
    this.stage.network.cut(slot, undefined);
  }

  async #wait(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#calm.signal }).catch(() => {});
  }
}
