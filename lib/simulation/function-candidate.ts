/** A candidate that is a function: woken by ticks, in environments that are kept warm, and frozen in between. */
import { invoke, makeNode } from './candidates.js';
import type { Node } from './node.js';
import type { Simulation } from './simulation.js';

/** A function's time-out and its ticks, in leases. */
const TIMEOUT_LEASES = 9;
const TICK_LEASES = 1.7;

export class FunctionCandidate {
  readonly environments: Node[] = [];
  readonly #busy = new Set<Node>();
  #deploys = 0;

  constructor(
    private readonly simulation: Simulation,
    private readonly index: number,
  ) {}

  tick(): void {
    const { world, settings, ceased } = this.simulation;
    const { random } = world;
    const { leaseMs, faults } = settings;
    world.after(TICK_LEASES * leaseMs, () => this.tick());
    if (!ceased.faults && random.chance(faults['tick lost'])) return;
    if (!ceased.faults && random.chance(0.05)) this.#deploys += 1;
    const warm = this.environments.filter((one) => one.machine.alive && !this.#busy.has(one));
    const node = warm.length > 0 && random.chance(0.8) ? random.pick(warm) : this.#environment();
    this.#busy.add(node);
    node.machine.thaw();
    node.machine.touch();
    const cutOff = world.after(TIMEOUT_LEASES * leaseMs, () => {
      node.machine.alive = false; // Lambda ends what takes longer
    });
    void invoke(this.simulation, node, TIMEOUT_LEASES * leaseMs).finally(() => {
      cutOff();
      this.#busy.delete(node);
      // Between two invocations an environment stands still, and its monotonic clock may stand still with it.
      node.machine.freeze(world.now - node.setBackAt > 3 * leaseMs && random.chance(0.5));
      node.suspendedAt = Number.POSITIVE_INFINITY;
    });
  }

  #environment(): Node {
    const node = makeNode(this.simulation, `f${this.index}`, this.index, `v${this.#deploys}`);
    for (let place = this.environments.length - 1; place >= 0; place -= 1) {
      if (!this.environments[place]!.machine.alive) this.environments.splice(place, 1);
    }
    this.environments.push(node);
    return node;
  }
}
