/** One candidate process, seen from its parent: its own proxy, all of its requests, and what it told. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { engineEnv } from '../lib/local/client.js';
import { tie } from '../lib/local/reaper.js';
import { hostNow } from '../lib/local/reports.js';
import { type FaultProxy, type SeenRequest, startProxy } from '../test/support/fault-proxy.js';
import type { Report } from './candidate.js';
import type { Settings } from './systems/system.js';

/** A request as the table has seen it. Its times are the host's monotonic clock's. */
export interface Sent extends SeenRequest {
  readonly at: number;
  /** When the table had answered, and whether it did what was asked. */
  landedAt?: number;
  applied?: boolean;
}

/** Of one's own lease: reads are `GetItem` with every system. */
export const isWrite = ({ op }: SeenRequest): boolean => op !== 'GetItem';

export class Member {
  readonly sent: Sent[] = [];
  readonly reports: Report[] = [];
  leading = false;
  /** When it was seen to end, whatever the reason. */
  endedAt: number | undefined;
  readonly startedAt = hostNow();
  readonly ended: Promise<unknown>;

  private constructor(
    readonly process: ChildProcess,
    readonly proxy: FaultProxy,
    heard: (member: Member, report: Report) => void,
  ) {
    proxy.on((seen) => this.#note(seen));
    process.on('message', (report: Report) => {
      this.reports.push(report);
      if (report.is !== 'stopping') this.leading = report.is === 'elected';
      heard(this, report);
    });
    this.ended = once(process, 'exit').then(async () => {
      this.endedAt = hostNow();
      this.leading = false;
      await proxy.stop();
    });
  }

  static async start(
    program: string,
    settings: Omit<Settings, 'endpoint'>,
    engine: string,
    heard: (member: Member, report: Report) => void,
  ): Promise<Member> {
    const proxy = await startProxy({ target: engine });
    const { endpoint } = proxy;
    const child = spawn(process.execPath, [program, JSON.stringify({ ...settings, endpoint })], {
      detached: true,
      // What others print of a refused heartbeat is no news; what they lose is told.
      stdio: ['ignore', 'ignore', process.env.BENCH_STDERR === undefined ? 'ignore' : 'inherit', 'ipc'],
      env: { ...process.env, ...engineEnv(endpoint) },
    });
    tie(child);
    return new Member(child, proxy, heard);
  }

  get isAlive(): boolean {
    return this.endedAt === undefined && this.process.exitCode === null && this.process.signalCode === null;
  }

  resign(): void {
    this.process.send('resign');
  }

  signal(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }

  /** When its last write that was applied had landed. Waits for those that are still under way. */
  async lastLanded(): Promise<number> {
    await Promise.all(this.proxy.log.map(({ landed }) => landed.catch(() => {})));
    return this.sent.findLast((one) => isWrite(one) && one.applied)?.landedAt ?? Number.NaN;
  }

  #note(seen: SeenRequest): undefined {
    const sent: Sent = { ...seen, at: hostNow() };
    this.sent.push(sent);
    // The proxy's own entry is made in the same turn, just after its rules were asked.
    queueMicrotask(() => {
      this.proxy.log[seen.n - 1]?.landed.then(
        (statuses) => {
          sent.landedAt = hostNow();
          sent.applied = statuses.includes(200);
        },
        () => {},
      );
    });
    return undefined;
  }
}
