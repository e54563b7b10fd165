/** An election's options from environment variables: the other end of what the constructs' `connect()` sets. */
import { kernelBytes } from '../lease/chance.js';
import { show, TenureError } from '../lease/errors.js';
import { ENVIRONMENT } from '../names/environment.js';
import { ORDERS } from '../names/succession.js';
import type { ElectionOptions } from './options.js';

type Environment = Readonly<Record<string, string | undefined>>;
type Variable = keyof typeof ENVIRONMENT;

/**
 * Reads `TENURE_ELECTION`, `TENURE_TABLE` and what else there is of `TENURE_...`.
 * @throws TenureError `BadOption` that names the variable, what was expected, and what came
 */
export function optionsFromEnvironment(env: Environment): ElectionOptions {
  const text = (variable: Variable) => env[ENVIRONMENT[variable]] || undefined;
  const number = (variable: Variable) => {
    const value = text(variable);
    if (value === undefined) return undefined;
    if (/^\d+(\.\d+)?$/.test(value.trim())) return Number(value);
    throw bad(variable, 'a number', value);
  };
  const required = (variable: Variable) => {
    const value = text(variable);
    if (value !== undefined) return value;
    throw bad(variable, 'set (the constructs do that with `connect()`)', env[ENVIRONMENT[variable]]);
  };
  const multiRegion = text('multiRegion');
  if (multiRegion !== undefined && multiRegion !== 'true' && multiRegion !== 'false') {
    throw bad('multiRegion', '`true` or `false`', multiRegion);
  }
  const succession = ORDERS.find((order) => order === text('succession'));
  if (succession === undefined && text('succession') !== undefined) {
    throw bad('succession', ORDERS.map((order) => `\`${order}\``).join(', '), text('succession'));
  }
  const options: ElectionOptions = {
    name: required('election'),
    tableName: required('table'),
    id: text('candidate') ?? fargateId(env),
    noticeQueueUrl: text('noticeQueue'),
    leaseMs: number('leaseMs'),
    renewMs: number('renewMs'),
    stepDownMs: number('stepDownMs'),
    requestTimeoutMs: number('requestTimeoutMs'),
    drift: number('drift'),
    priority: number('priority'),
    succession,
    rosterMs: number('rosterMs'),
    multiRegion: multiRegion === undefined ? undefined : multiRegion === 'true',
  };
  return options;
}

/** What a Fargate task's metadata address tells of it: `http://169.254.170.2/v4/<task id>-<container>`. */
const FARGATE_TASK = /\/v4\/([0-9a-f]{32})-\d+/;
/** The beginning of a candidate id that names the ECS task it runs in: what proof of death goes by. */
export const TASK_PREFIX = 'task-';

/** On Fargate, an id that names the task; a process that is restarted within it is a candidate of its own. */
function fargateId(env: Environment): string | undefined {
  const task = FARGATE_TASK.exec(env.ECS_CONTAINER_METADATA_URI_V4 ?? '')?.[1];
  return task === undefined ? undefined : `${TASK_PREFIX}${task}-${kernelBytes(4).toString('hex')}`;
}

function bad(variable: Variable, expected: string, found: string | undefined): TenureError {
  const name = ENVIRONMENT[variable];
  return new TenureError(
    'BadOption',
    `The environment variable ${name} must be ${expected}, but is ${found === undefined ? 'not set' : show(found)}.`,
    { details: { variable: name, expected, found } },
  );
}
