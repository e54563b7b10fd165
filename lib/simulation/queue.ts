/** The queue of post-dated notices and its watchdog, in a simulated world: notices are lost, doubled, late, and forged. */
import type { Notice, Post } from '../election/notices/notice.js';
import { heed } from '../serverless/watchdog.js';
import type { QueueFault } from './faults.js';
import type { Stage } from './nodes.js';
import { SimulatedStore } from './store.js';
import { Machine } from './world.js';

/** What the watchdog knows of a notice: the queue's own two times. */
interface Sent {
  readonly notice: Notice;
  readonly at: number;
}

/** Makes the queue of a stage, and returns how a machine mails to it. */
export function queueOf(stage: Stage): (machine: Machine) => Post {
  const { world, calm, injected, settings, table } = stage;
  const { dice } = world;
  const watchdog = new Machine(
    world,
    1 + dice.between(-settings.drift, settings.drift) * 0.99,
    dice.between(-3_600_000, 3_600_000),
  );
  const store = new SimulatedStore(world, watchdog, table, settings, calm, injected, { sends: true, hears: true });
  const happens = (fault: QueueFault) => {
    const isOn = !calm.faults && dice.chance(settings.faults[fault]);
    if (isOn) injected[fault] = (injected[fault] ?? 0) + 1;
    return isOn;
  };
  const deliver = ({ notice, at }: Sent) => {
    const due = { notice, waitedMs: world.now - at };
    heed(due, { store, clock: watchdog.clock, drift: settings.drift }).then(
      (outcome) => {
        if (outcome === 'expired') stage.say('record', () => `the watchdog has expired term ${notice.term}`);
      },
      () => {}, // the queue would deliver it again; another notice, or the tick, comes too
    );
  };
  const come = (sent: Sent, delayMs: number) => {
    const late = happens('notice late') ? dice.between(0, 5) * settings.leaseMs : dice.between(5, 600);
    world.after(delayMs + late, () => deliver(sent));
    if (happens('notice doubled')) world.after(delayMs + late + dice.between(0, settings.leaseMs), () => deliver(sent));
    // Sent by hand, without its delay: the queue's own times say so.
    if (happens('notice forged')) world.after(dice.between(0, 50), () => deliver({ ...sent, at: world.now }));
  };
  return (machine) => (notice, delayS) =>
    new Promise((resolve, reject) => {
      const lost = happens('notice lost');
      world.after(dice.between(1, settings.maxDelayMs + 20), () => {
        if (!lost) come({ notice, at: world.now }, delayS * 1000);
        world.after(dice.between(1, 20), () => machine.run(() => (lost ? reject(new Error('lost')) : resolve())));
      });
    });
}
