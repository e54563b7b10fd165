/** A project with `exactOptionalPropertyTypes`: whatever may be left out may be `undefined`, too. Compiled, never run. */
import { Election, type ElectionOptions, leaderOnly } from 'tenure';

const env = (name: string): string | undefined => process.env[name];
const number = (name: string): number | undefined => (env(name) === undefined ? undefined : Number(env(name)));
const signal: AbortSignal | undefined = undefined;

const options: ElectionOptions = {
  name: 'billing',
  tableName: 'tenure',
  id: env('ID'),
  client: undefined,
  sharedConnections: undefined,
  leaseMs: number('LEASE'),
  renewMs: undefined,
  stepDownMs: undefined,
  requestTimeoutMs: undefined,
  drift: undefined,
  value: undefined,
  priority: number('PRIORITY'),
  staggerMs: undefined,
  succession: undefined,
  rosterMs: undefined,
  yieldTo: undefined,
  healthCheck: { check: () => true, periodMs: undefined, timeoutMs: undefined },
  multiRegion: undefined,
  noticeQueueUrl: env('QUEUE'),
  build: undefined,
};

export async function use(): Promise<void> {
  const election = new Election(options, { clock: undefined, chance: undefined });
  await election.run(async (leadership) => void (await leadership.resign({ to: env('SUCCESSOR') })), { signal });
  await election.tryRun(() => {}, {
    signal,
    successor: undefined,
    reservedMs: undefined,
    relayAfterMs: undefined,
    keepTrying: undefined,
  });
  const leadership = await election.campaign({ signal, keepTrying: undefined });
  leadership.fence.stamp(
    { Item: { id: 1 }, ConditionExpression: undefined },
    { attribute: undefined, delete: undefined },
  );
  leadership.fence.refused(new Error(), { attribute: undefined });
  for await (const office of election.observe({ signal })) if (office.holder === undefined) break;
  await election.challenge({ why: undefined, to: env('TO') });
  await election.revoke({ term: 1, holder: 'x', dead: undefined });
  leaderOnly(election, () => 1, { otherwise: undefined });
}
