/** What the scenarios share: the cloud, the deployed stacks, what is seen and heard of each, and the report. */
import { Hearing } from './bus.js';
import type { Cloud, Context } from './cloud.js';
import type { Report } from './report.js';
import { Stack } from './stack.js';
import { Watch } from './watch.js';

/** One deployment of the app, watched. */
export interface Deployed {
  readonly context: Context;
  /** When the deploy had ended, by the monotonic clock. */
  readonly at: number;
  readonly stack: Stack;
  readonly watch: Watch;
  readonly hearing: Hearing;
}

/** The app's settings in this run: nothing stays after a destroy, and a relay comes every minute; all else as it stands. */
const SETTINGS = { removal: 'destroy', timeoutSeconds: '150' };

export class World {
  readonly #deployed = new Map<string, Deployed>();

  constructor(
    readonly cloud: Cloud,
    readonly report: Report,
  ) {}

  get all(): readonly Deployed[] {
    return [...this.#deployed.values()];
  }

  /** Deploys the app as a stack of this name, and begins to watch its election. */
  async deploy(election: string, more: Context = {}): Promise<Deployed> {
    const stackName = `Tenure-${election}`;
    const context = { ...SETTINGS, stackName, election, ...more };
    this.report.say(`cdk deploy ${stackName} ...`);
    const startedAt = performance.now();
    await this.cloud.cdk('deploy', ['--require-approval', 'never'], context);
    const at = performance.now();
    this.report.time(`cdk deploy ${stackName}`, at - startedAt);
    const stack = await Stack.of(this.cloud, stackName);
    const watch = new Watch(this.cloud.dynamodb, stack.table, stack.election);
    const hearing = await Hearing.of(this.cloud, stack.bus, `e2e-${election}`);
    const deployed = { context, at, stack, watch, hearing };
    this.#deployed.set(election, deployed);
    return deployed;
  }

  /** Deploys a stack again, with other settings or with the same; what it holds is read again. */
  async redeploy(
    { context, watch, hearing }: Deployed,
    more: Context = {},
  ): Promise<{ said: string; again: Deployed }> {
    const next = { ...context, ...more };
    const said = await this.cloud.cdk('deploy', ['--require-approval', 'never'], next);
    const stack = await Stack.of(this.cloud, next.stackName ?? '');
    const again = { context: next, at: performance.now(), stack, watch, hearing };
    this.#deployed.set(next.election ?? '', again);
    return { said, again };
  }

  /** Stops watching, and takes away what this run itself has put beside the stacks. */
  async quiet(): Promise<void> {
    for (const { watch, hearing } of this.all) {
      await watch.stop();
      await hearing.stop();
    }
  }
}
