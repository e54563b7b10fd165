/** One candidate process of the bench: its own proxy to the engine, all of its requests, and what it reported. */
import { hostMs } from '../lib/local/host-clock.js';
import { SupervisedProcess } from '../lib/local/supervised-process.js';
import { type FaultProxy, type SeenRequest, startProxy } from '../test/support/fault-proxy.js';
import type { Order, Report } from './candidate-program.js';
import type { Settings } from './systems/system.js';

/** A request as the table has seen it. Its times are the host's monotonic clock's. */
export interface Sent extends SeenRequest {
  readonly at: number;
  /** When the table had answered, and whether it did what was asked. */
  landedAt?: number;
  applied?: boolean;
}

/** Of the candidate's own lease: reads are `GetItem` with every system. */
export const isWrite = ({ op }: SeenRequest): boolean => op !== 'GetItem';

export class MeasuredCandidate {
  readonly process: SupervisedProcess<Report, Order>;
  readonly sent: Sent[] = [];
  readonly reports: Report[] = [];
  leading = false;
  /** When it was seen to end, whatever the reason. */
  endedAt: number | undefined;
  /** Resolves when it has ended, and its proxy too. */
  readonly ended: Promise<unknown>;

  private constructor(
    program: string,
    settings: Omit<Settings, 'endpoint'>,
    readonly proxy: FaultProxy,
    onReport: (candidate: MeasuredCandidate, report: Report) => void,
  ) {
    const { endpoint } = proxy;
    proxy.on((seen) => this.#note(seen));
    this.process = new SupervisedProcess({
      program,
      task: { ...settings, endpoint },
      endpoint,
      // What other systems print of a refused heartbeat is no news; what they lose is reported.
      output: process.env.BENCH_STDERR === undefined ? 'ignore' : 'show errors',
      onReport: (report) => {
        this.reports.push(report);
        if (report.is !== 'stopping') this.leading = report.is === 'elected';
        onReport(this, report);
      },
      onExit: () => {
        this.endedAt = hostMs();
        this.leading = false;
      },
    });
    this.ended = this.process.exited.then(() => proxy.stop());
  }

  static async start(
    program: string,
    settings: Omit<Settings, 'endpoint'>,
    engine: string,
    onReport: (candidate: MeasuredCandidate, report: Report) => void,
  ): Promise<MeasuredCandidate> {
    return new MeasuredCandidate(program, settings, await startProxy({ target: engine }), onReport);
  }

  get isAlive(): boolean {
    return this.process.isAlive;
  }

  /** When its last write that was applied had landed. Waits for those that are still under way. */
  async lastLanded(): Promise<number> {
    await Promise.all(this.proxy.log.map(({ landed }) => landed.catch(() => {})));
    return this.sent.findLast((one) => isWrite(one) && one.applied)?.landedAt ?? Number.NaN;
  }

  #note(seen: SeenRequest): undefined {
    const sent: Sent = { ...seen, at: hostMs() };
    this.sent.push(sent);
    // The proxy's own entry is made in the same turn, just after its rules were asked.
    queueMicrotask(() => {
      this.proxy.log[seen.n - 1]?.landed.then(
        (statuses) => {
          sent.landedAt = hostMs();
          sent.applied = statuses.includes(200);
        },
        () => {},
      );
    });
    return undefined;
  }
}
