/**
 * How a process of candidates reads the host's clock. One whose monotonic clock is faked reads `/proc/uptime` instead,
 * which is coarse but true.
 */
import { readFileSync } from 'node:fs';
import { hostMs } from '../../lib/local/host-clock.js';
import type { Between, ClockTask } from './messages.js';

const HUNDREDTH_MS = 10;
const SAMPLES = 400;

const uptimeNow = () => Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * 1000;

/** Reads the host's clock, as well as it can be read here. */
export function hostClock(clock: ClockTask): () => Between {
  if (clock.by === 'hrtime') {
    return () => {
      const at = hostMs();
      return { least: at, most: at };
    };
  }
  const { aheadMs } = clock;
  return () => {
    const at = uptimeNow();
    return { least: at - aheadMs.most, most: at + HUNDREDTH_MS - aheadMs.least };
  };
}

/**
 * By how much `/proc/uptime` runs ahead of the monotonic clock. It also counts while the host is suspended, so it is
 * measured: each reading between two of the other clock narrows the answer.
 */
export function measureAhead(): Between {
  let [least, most] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let n = 0; n < SAMPLES; n += 1) {
    const before = hostMs();
    const at = uptimeNow();
    const after = hostMs();
    least = Math.max(least, at - after);
    most = Math.min(most, at + HUNDREDTH_MS - before);
  }
  return { least, most };
}
