/** The settings of the app: `tenure` in cdk.json, each replaced by `-c name=value`, all checked before anything is made. */
import * as z from 'zod';

const region = z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, { error: 'must be a Region, e.g. "us-east-1"' });
const ms = z.int().positive().optional();

const Shape = z.strictObject({
  /** The name of the stack. */
  stackName: z.string().default('Tenure-demo'),
  /** The name of the election. */
  election: z.string().default('demo'),
  /** How many Lambda candidates stand. */
  candidates: z.int().min(0).max(26).default(3),
  /** `always`: somebody leads at all times. `duty`: once a minute somebody leads, works, and is done. */
  mode: z.enum(['always', 'duty']).default('always'),
  leaseMs: ms,
  renewMs: ms,
  stepDownMs: z.int().nonnegative().optional(),
  requestTimeoutMs: ms,
  drift: z.number().positive().optional(),
  /** How long one invocation of a heartbeater may last. */
  timeoutSeconds: z.int().positive().max(900).default(900),
  /** In MB, for each heartbeater. */
  memorySize: z.int().min(128).max(10_240).optional(),
  notices: z.enum(['on', 'off']).optional(),
  /** Revokes leaders whose ECS task has stopped. */
  proofOfDeath: z.boolean().default(true),
  /** Where to deploy. Default: the Region of the credentials. */
  region: region.optional(),
  /** The other Regions of a strongly consistent table: `{ "replicas": [...], "witness": "..." }`. */
  multiRegion: z.strictObject({ replicas: z.array(region).min(1), witness: region.optional() }).optional(),
  /** `false`: no dashboard and no alarms. */
  monitoring: z.boolean().default(true),
  /** Where alarms are mailed to. The address is asked to confirm once. */
  alarmEmail: z.email().optional(),
  /** `destroy`: `cdk destroy` leaves nothing. `retain`: tables and logs stay, and the tables cannot be deleted. */
  removal: z.enum(['retain', 'destroy']).default('retain'),
});

const Settings = Shape.refine(({ monitoring, alarmEmail }) => monitoring || alarmEmail === undefined, {
  path: ['alarmEmail'],
  error: 'there are no alarms to mail with `monitoring` switched off. Leave one of them out',
});

/** The settings, complete and checked. */
export type Config = z.output<typeof Settings>;

const KNOWN = Object.keys(Shape.shape);

/**
 * Reads the settings from the context of CDK.
 * @param context all of it, as `app.node.getAllContext()` gives it
 * @throws Error that names every setting that is unknown or not what it must be
 */
export function readConfig(context: Record<string, unknown>): Config {
  const file = context.tenure ?? {};
  if (typeof file !== 'object' || file === null || Array.isArray(file)) {
    throw new Error(`The settings \`tenure\` in cdk.json must be an object, but are ${JSON.stringify(file)}.`);
  }
  // CDK's own context has a colon or a slash in its names: a plain name that is not known is a slip of the pen.
  const given = Object.entries(context).filter(([name]) => name !== 'tenure' && /^[A-Za-z]+$/.test(name));
  const result = Settings.safeParse({
    ...file,
    ...Object.fromEntries(given.map(([name, value]) => [name, fromCommandLine(name, value)])),
  });
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) =>
    issue.code === 'unrecognized_keys'
      ? `unknown: ${issue.keys.join(', ')}. Known are: ${KNOWN.join(', ')}`
      : `${issue.path.join('.')}: ${issue.message}`,
  );
  throw new Error(
    `Settings of Tenure (\`tenure\` in cdk.json, or -c name=value) that will not do:\n${problems.map((line) => `- ${line}`).join('\n')}`,
  );
}

/** Of `-c name=value` CDK knows the text alone: numbers, booleans and objects are read from it, names stay text. */
function fromCommandLine(name: string, value: unknown): unknown {
  if (typeof value !== 'string' || TEXTS.has(name)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

const TEXTS = new Set(['stackName', 'election', 'region', 'alarmEmail']);
