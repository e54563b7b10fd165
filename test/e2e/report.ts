/** What the run says: each check as it is made, times as they are measured, a closing table, one line that counts. */
import { inspect } from 'node:util';

/** One measured time, with its limit where one is promised. */
interface Timed {
  readonly what: string;
  readonly ms: number;
  readonly limitMs: number | undefined;
}

export class Report {
  #passed = 0;
  readonly #failed: string[] = [];
  readonly #times: Timed[] = [];
  readonly #startedAt = performance.now();

  /** What is being done, so that nobody wonders. */
  say(line: string): void {
    const seconds = ((performance.now() - this.#startedAt) / 1000).toFixed(0).padStart(3);
    console.log(`${seconds} s  ${line}`);
  }

  /** Counts one check. `came` is shown where it fails. */
  check(what: string, passed: boolean, came?: unknown): boolean {
    if (passed) {
      this.#passed += 1;
      this.say(`  ok      ${what}`);
    } else {
      this.#failed.push(what);
      this.say(`  FAILED  ${what}${came === undefined ? '' : `\n          came: ${show(came)}`}`);
    }
    return passed;
  }

  /** Counts whether two values are the same. */
  equal(what: string, came: unknown, expected: unknown): boolean {
    const same = JSON.stringify(came) === JSON.stringify(expected);
    return this.check(what, same, `${show(came)}, expected ${show(expected)}`);
  }

  /** Notes a time; with a limit, it counts as a check. */
  time(what: string, ms: number, limitMs?: number): void {
    this.#times.push({ what, ms, limitMs });
    const limit = limitMs === undefined ? '' : ` (at most ${seconds(limitMs)})`;
    if (limitMs === undefined) this.say(`  time    ${what}: ${seconds(ms)}`);
    else this.check(`${what}: ${seconds(ms)}${limit}`, ms <= limitMs);
  }

  /** Runs a scenario: what it throws fails it, and the others go on. */
  async scenario(title: string, run: () => Promise<void>): Promise<void> {
    this.say(`== ${title}`);
    try {
      await run();
    } catch (error) {
      this.check(`${title}: carried out to its end`, false, error instanceof Error ? error.stack : error);
    }
  }

  get failed(): boolean {
    return this.#failed.length > 0;
  }

  /** The closing table and the line that counts. */
  close(): void {
    if (this.#times.length > 0) {
      const width = Math.max(...this.#times.map(({ what }) => what.length));
      console.log(`\n${'time'.padEnd(width)}  measured     limit`);
      for (const { what, ms, limitMs } of this.#times) {
        const limit = limitMs === undefined ? '' : seconds(limitMs).padStart(10);
        console.log(`${what.padEnd(width)}  ${seconds(ms).padStart(8)}${limit}`);
      }
    }
    if (this.#failed.length > 0) console.log(`\nfailed:\n${this.#failed.map((what) => `- ${what}`).join('\n')}`);
    console.log(`\n${this.#passed} passed, ${this.#failed.length} failed`);
  }
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;

function show(value: unknown): string {
  return typeof value === 'string' ? value : inspect(value, { depth: 6, breakLength: 110 });
}
