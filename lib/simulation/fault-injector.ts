/** What befalls the candidates, the table and the clocks of a simulated world, one thing after the other, and how it ends. */
import type { Node } from './candidates.js';
import { type Fault, INCIDENTS, type Incident } from './faults.js';
import type { Simulation } from './simulation.js';

/** Who is in the world. */
export interface Population {
  /** Every node that was made and is not replaced. */
  all(): readonly Node[];
  /** Makes a new process in place of this one, where it is a process. */
  restart(node: Node): void;
  isProcess(node: Node): boolean;
}

/** Until faults cease, one incident after the other. */
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
    const { leaseMs, paceMs } = this.simulation.settings;
    if (this.#on.length === 0) return;
    this.simulation.world.after(paceMs === undefined ? random.between(0, 2) * leaseMs : this.#pauseMs(), () =>
      this.#next(),
    );
  }

  #pauseMs(): number {
    const { random } = this.simulation.world;
    const { leaseMs, paceMs } = this.simulation.settings;
    return paceMs === undefined ? random.between(0.1, 2) * leaseMs : random.between(0.5, 1.5) * paceMs;
  }

  #next(): void {
    const { world, settings, ceased, injected } = this.simulation;
    const { random } = world;
    if (ceased.faults) return;
    const alive = this.population.all().filter((node) => node.machine.alive);
    const leading = alive.find((node) => node.election.state === 'leading');
    const victim =
      leading !== undefined && random.chance(0.6) ? leading : alive.length > 0 ? random.pick(alive) : undefined;
    if (victim !== undefined) {
      const kind = settings.bias === 'one-way partitions of the leader' ? 'one-way partition' : random.pick(this.#on);
      injected[kind] = (injected[kind] ?? 0) + 1;
      const who = victim === leading ? `${victim.id}, the leader,` : victim.id;
      this.#tell('fault', kind, SENTENCES[kind](who));
      this.#befall(kind, victim);
    }
    world.after(this.#pauseMs(), () => this.#next());
  }

  #tell(kind: 'fault' | 'relief', fault: Fault, sentence: string): void {
    this.simulation.log(kind, () => `${fault}: ${sentence}`);
  }

  #befall(kind: Incident, node: Node): void {
    const { world, settings, table, log } = this.simulation;
    const { random } = world;
    const { leaseMs, faults } = settings;
    const { machine, link, election } = node;
    const backMs = random.between(0.05, 2.5) * leaseMs;
    machine.touch();
    if (kind === 'kill') {
      machine.alive = false;
      world.after(backMs, () => this.population.restart(node));
    } else if (kind === 'twin') {
      this.#twin(node, backMs);
    } else if (kind === 'freeze' || kind === 'suspend') {
      const suspended = kind === 'suspend' && world.now - node.setBackAt > 3 * leaseMs;
      machine.freeze(suspended);
      world.after(backMs, () => {
        if (machine.alive) log('relief', () => `${node.id} goes on`);
        machine.thaw();
        if (suspended) node.suspendedAt = world.now;
      });
    } else if (kind === 'partition' || kind === 'one-way partition') {
      link.hears = false;
      link.sends = kind === 'one-way partition' && random.chance(0.8);
      world.after(backMs, () => {
        if (machine.alive) log('relief', () => `${node.id} is connected again`);
        link.hears = true;
        link.sends = true;
      });
    } else if (kind === 'outage') {
      table.outage = true;
      world.after(backMs, () => {
        if (table.outage) log('relief', () => 'the table answers again');
        table.outage = false;
      });
    } else if (kind === 'close') {
      node.stop.abort();
      void election.close().then(() => {
        // A function whose election is closed is of no use to a tick.
        if (!this.population.isProcess(node)) machine.alive = false;
        world.after(backMs, () => this.population.restart(node));
      });
    } else if (kind === 'challenge') {
      const to = random.chance(0.3) ? random.pick(this.population.all()).id : undefined;
      void election.challenge({ why: 'sim', ...(to !== undefined && { to }) }).catch(() => {});
    } else if (kind === 'revoke') {
      const { record } = table;
      if (record?.holder === undefined) return;
      const dead = this.population.all().every((one) => one.id !== record.holder || !one.machine.alive);
      void election.revoke({ term: record.term, holder: record.holder, dead }).catch(() => {});
    } else if (kind === 'clock step') {
      // What section 9 assumes: a stop of the monotonic clock meets no wall clock that is set back in the same lease.
      const mayGoBack = !machine.frozen && world.now - node.suspendedAt > 3 * leaseMs;
      const step = random.between(mayGoBack ? -2 : 0, 2) * leaseMs;
      if (step < 0) node.setBackAt = world.now;
      machine.stepWall(step);
    } else {
      node.sick = faults['failing health'] > 0 && !node.sick;
      election.wake();
    }
  }

  /** One that stood still finds another in its place, under its own id, when it goes on; later it dies. */
  #twin(node: Node, backMs: number): void {
    const { world, settings, ceased, log } = this.simulation;
    const { machine } = node;
    if (!this.population.isProcess(node)) return;
    machine.freeze(false);
    this.population.restart(node);
    world.after(backMs, () => {
      if (ceased.faults) machine.alive = false;
      if (!machine.alive) return;
      log('relief', () => `the first ${node.id} goes on`);
      machine.thaw();
      world.after(settings.leaseMs, () => {
        log('fault', () => `the first ${node.id} is gone`);
        machine.alive = false;
      });
    });
  }
}

const SENTENCES: Readonly<Record<Incident, (who: string) => string>> = {
  kill: (who) => `${who} is gone without a word`,
  freeze: (who) => `${who} stands still`,
  suspend: (who) => `the machine of ${who} is suspended`,
  partition: (who) => `${who} is cut off`,
  'one-way partition': (who) => `${who} gets no answers`,
  outage: () => 'the table answers nobody',
  close: (who) => `${who} is told to end`,
  challenge: (who) => `from where ${who} runs, an operator asks for the office`,
  revoke: (who) => `from where ${who} runs, an operator revokes the leader`,
  'clock step': (who) => `the wall clock of ${who} jumps`,
  wake: (who) => `${who} is woken for nothing, or its health changes`,
  twin: (who) => `${who} stands still, and another is started under its name`,
};
