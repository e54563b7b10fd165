/** The queue of post-dated notices and its watchdog, in a simulated world: notices are lost, doubled, late, and forged. */
import type { Notice, Post } from '../election/notices/notice.js';
import { heed } from '../serverless/watchdog.js';
import { count, type QueueFault } from './faults.js';
import { Machine } from './machine.js';
import type { Simulation } from './simulation.js';
import { SimulatedStore } from './store.js';

/** What the watchdog knows of a notice: the queue's own two times. */
interface Sent {
  readonly notice: Notice;
  readonly at: number;
}

/** Makes the queue of a simulation, and returns how a machine mails to it. */
export function queueOf(simulation: Simulation): (machine: Machine) => Post {
  const { world, ceased, injected, settings } = simulation;
  const { random } = world;
  const watchdog = new Machine(
    world,
    1 + random.between(-settings.drift, settings.drift) * 0.99,
    random.between(-3_600_000, 3_600_000),
  );
  const store = new SimulatedStore(simulation, watchdog, { sends: true, hears: true });
  const happens = (fault: QueueFault) => {
    const isOn = !ceased.faults && random.chance(settings.faults[fault]);
    if (isOn) count(injected, fault);
    return isOn;
  };
  const deliver = ({ notice, at }: Sent) => {
    const due = { notice, waitedMs: world.now - at };
    heed(due, { store, clock: watchdog.clock, drift: settings.drift }).then(
      (outcome) => {
        if (outcome === 'expired') simulation.log('record', () => `the watchdog has expired term ${notice.term}`);
      },
      () => {}, // the queue would deliver it again; another notice, or the tick, comes too
    );
  };
  const come = (sent: Sent, delayMs: number) => {
    const late = happens('notice late') ? random.between(0, 5) * settings.leaseMs : random.between(5, 600);
    world.after(delayMs + late, () => deliver(sent));
    if (happens('notice doubled'))
      world.after(delayMs + late + random.between(0, settings.leaseMs), () => deliver(sent));
    // Sent by hand, without its delay: the queue's own two times show it.
    if (happens('notice forged')) world.after(random.between(0, 50), () => deliver({ ...sent, at: world.now }));
  };
  return (machine) => (notice, delayS) =>
    new Promise((resolve, reject) => {
      const lost = happens('notice lost');
      world.after(random.between(1, settings.maxDelayMs + 20), () => {
        if (!lost) come({ notice, at: world.now }, delayS * 1000);
        world.after(random.between(1, 20), () => machine.run(() => (lost ? reject(new Error('lost')) : resolve())));
      });
    });
}
