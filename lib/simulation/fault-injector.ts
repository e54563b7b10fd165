/** When an incident strikes in a simulated world, which one, and which candidate: one after the other until faults cease. */
import { count, type Fault, INCIDENTS, type Incident } from './faults.js';
import { INCIDENT, type Population, SENTENCES, survivableMs } from './incidents.js';
import type { Node } from './node.js';
import type { Simulation } from './simulation.js';

/** All but the faults of the table, and the clone itself. */
const STRIKES_ONE: ReadonlySet<Incident> = new Set(
  INCIDENTS.filter((kind) => !['outage', 'short outage', 'table restored', 'record deleted', 'clone'].includes(kind)),
);

export class FaultInjector {
  readonly #on: readonly Incident[];

  constructor(
    private readonly simulation: Simulation,
    private readonly population: Population,
  ) {
    this.#on = INCIDENTS.filter((kind) => simulation.settings.faults[kind] > 0);
  }

  begin(): void {
    const { random } = this.simulation.world;
    const { leaseMs, paceMs, bias } = this.simulation.settings;
    if (this.#on.length === 0 && bias !== 'clocks at the margin') return;
    const first = paceMs === undefined ? random.between(0, 2) * leaseMs : this.#pauseMs();
    this.simulation.world.after(first, () => this.#next());
  }

  #pauseMs(): number {
    const { random } = this.simulation.world;
    const { leaseMs, paceMs } = this.simulation.settings;
    return paceMs === undefined ? random.between(0.1, 2) * leaseMs : random.between(0.5, 1.5) * paceMs;
  }

  #next(): void {
    const { world, ceased, injected } = this.simulation;
    const { random } = world;
    if (ceased.faults) return;
    const alive = this.population.all().filter((node) => node.machine.alive);
    const leading = alive.find((node) => node.election.state === 'leading');
    const victim =
      leading !== undefined && random.chance(0.6) ? leading : alive.length > 0 ? random.pick(alive) : undefined;
    const kind = victim && this.#pick(victim);
    if (victim !== undefined && kind !== undefined) {
      count(injected, kind);
      const name = victim === leading ? `${victim.id}, the leader,` : victim.id;
      this.#note(kind, SENTENCES[kind](name));
      this.#strike(kind, victim);
    }
    world.after(this.#pauseMs() + this.#recoveryMs(kind), () => this.#next());
  }

  /** Undefined for one that goes in step with a copy, which would have to be struck in the very same way. */
  #pick({ lockstep }: Node): Incident | undefined {
    const { bias } = this.simulation.settings;
    const drawn = this.simulation.world.random.pick(this.#on);
    const isInStep = lockstep !== undefined && !lockstep.released;
    if (isInStep) return STRIKES_ONE.has(drawn) ? undefined : drawn;
    if (bias === 'one-way partitions of the leader') return 'one-way partition';
    return bias === 'clocks at the margin' ? 'partition' : drawn;
  }

  /** Two short outages in a row are a long one, if no heartbeat lands between them. */
  #recoveryMs(kind: Incident | undefined): number {
    const { settings } = this.simulation;
    return kind === 'short outage' ? survivableMs(settings) + settings.leaseMs : 0;
  }

  #note(fault: Fault, sentence: string): void {
    this.simulation.log('fault', () => `${fault}: ${sentence}`);
  }

  #strike(kind: Incident, node: Node): void {
    const { world, settings, injected } = this.simulation;
    const least = settings.bias === 'clocks at the margin' ? 1.1 : 0.05;
    const backMs = world.random.between(least, 2.5) * settings.leaseMs;
    if (settings.bias === 'clocks at the margin') count(injected, settings.bias);
    node.machine.touch();
    INCIDENT[kind]({ simulation: this.simulation, population: this.population, node, backMs });
  }
}
