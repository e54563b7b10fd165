/**
 * A DynamoDB on this machine, with nothing set up beforehand: the endpoint that the environment names, or DynamoDB
 * Local, or dynoxide, whichever is at hand.
 */
import { ENDPOINT_VARIABLE } from './client.js';
import { findDynamoDbLocal } from './dynamodb-local.js';
import { findDynoxide } from './dynoxide.js';
import { type EngineProbe, startServer, untilAnswers } from './engine-server.js';

export { engineClient, engineEnv, quietSdk } from './client.js';

export type EngineName = 'endpoint' | 'dynamodb-local' | 'dynoxide';

type StartableName = Exclude<EngineName, 'endpoint'>;

export interface Engine {
  readonly name: EngineName;
  readonly endpoint: string;
  /** Which engine and why, in one line for people. */
  readonly line: string;
  /** The engine's process, when one was started. */
  readonly pid?: number;
  /** Ends the engine, and all it holds, and waits until it is gone. May be called again. */
  stop(): Promise<void>;
}

export interface EngineOptions {
  /** This engine and no other. Default: `endpoint` if AWS_ENDPOINT_URL_DYNAMODB is set, else the first at hand. */
  readonly engine?: EngineName;
  /** Which to look for first when none was asked for. Default: `dynamodb-local`, the one most like DynamoDB. */
  readonly prefer?: StartableName;
  /** Called with a line about each step that takes long. Default: nothing is said. */
  readonly say?: (line: string) => void;
  /** The port to listen on. Default: a free one. */
  readonly port?: number;
}

const FINDERS: Record<StartableName, () => Promise<EngineProbe>> = {
  'dynamodb-local': findDynamoDbLocal,
  dynoxide: findDynoxide,
};

const WHAT_TO_DO = `Put Java 17+ and Maven on the PATH, or set ${ENDPOINT_VARIABLE} to a DynamoDB that is already running.`;

/**
 * Starts an engine, waits until it answers, and ties it to this process: it ends when this process does, in whatever
 * way that is.
 *
 * @example
 * const engine = await startEngine({ say: console.error });
 * const client = engineClient(engine.endpoint);
 */
export async function startEngine(options: EngineOptions = {}): Promise<Engine> {
  const { engine, prefer, say = () => {}, port } = options;
  if (engine !== undefined) checkName(engine, 'engine', ['endpoint', ...Object.keys(FINDERS)]);
  if (prefer !== undefined) checkName(prefer, 'prefer', Object.keys(FINDERS));
  const named = process.env[ENDPOINT_VARIABLE];
  if (engine === 'endpoint' || (engine === undefined && named)) return useEndpoint(named);

  const order: StartableName[] =
    engine !== undefined
      ? [engine]
      : prefer === 'dynoxide'
        ? ['dynoxide', 'dynamodb-local']
        : ['dynamodb-local', 'dynoxide'];
  const missing: string[] = [];
  for (const name of order) {
    const probe = await FINDERS[name]();
    if ('missing' in probe) {
      missing.push(`no ${probe.title}: ${probe.missing}`);
      continue;
    }
    const command = await probe.prepare(say);
    const server = await startServer({ title: probe.title, command, port });
    const why = reason({ asked: engine === name, preferred: prefer === name, missing, found: probe.found });
    const line = `engine: ${probe.title} on ${server.endpoint} (${probe.traits}; ${why})`;
    return { name, line, ...server };
  }
  throw new Error(`There is no DynamoDB to start on this machine: ${missing.join('; ')}. ${WHAT_TO_DO}`);
}

/** Why this engine: somebody wants it, or what comes before it is missing, or it comes first and is there. */
function reason(why: { asked: boolean; preferred: boolean; missing: string[]; found: string }): string {
  if (why.asked) return 'it was asked for';
  if (why.missing.length > 0) return why.missing.join('; ');
  return why.preferred ? 'it is preferred here' : why.found;
}

async function useEndpoint(endpoint: string | undefined): Promise<Engine> {
  if (!endpoint) throw new Error(`The engine "endpoint" was asked for, but ${ENDPOINT_VARIABLE} is not set.`);
  if (!URL.canParse(endpoint) || !/^https?:/.test(endpoint)) {
    throw new Error(`${ENDPOINT_VARIABLE} is "${endpoint}", but has to be a URL such as http://127.0.0.1:8000.`);
  }
  await untilAnswers(endpoint).catch((error: Error) => {
    const advice = 'Start what should be there, or unset it to have an engine started here.';
    throw new Error(`${ENDPOINT_VARIABLE} is set, but ${error.message}. ${advice}`, { cause: error });
  });
  const line = `engine: ${endpoint} (${ENDPOINT_VARIABLE} is set; nothing was started)`;
  return { name: 'endpoint', endpoint, line, stop: async () => {} };
}

function checkName(given: string, option: string, known: string[]): void {
  if (known.includes(given)) return;
  throw new TypeError(`Unknown ${option} "${given}". Known are: ${known.join(', ')}.`);
}
