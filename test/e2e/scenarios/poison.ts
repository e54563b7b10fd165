/** 7: what cannot be read ends in the dead-letter queue, whole and with its reason, and what follows is handled. */
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { partitionKey } from '../../../lib/lease/record.js';
import { until } from '../../support/until.js';
import type { Buried, DeployedFunction } from '../stack.js';
import type { Deployed, World } from '../world.js';
import { killLeader } from './crash.js';

export async function poison(world: World, deployed: Deployed): Promise<void> {
  const { report, cloud } = world;
  const { stack, watch, hearing } = deployed;
  const { record } = await watch.leader();

  const noJson = `not JSON: ${'x'.repeat(100)}`;
  const wrongFields = JSON.stringify({ election: stack.election, term: 'one', beat: -1 });
  await stack.mail(noJson);
  await stack.mail(wrongFields);
  await ends(world, stack, stack.watchdog, 'a notice that is no JSON', (body) => body === noJson);
  await ends(world, stack, stack.watchdog, 'a notice with wrong fields', (body) => body === wrongFields);

  await poisonRecord(world, deployed);
  await ends(world, stack, stack.publisher, 'a malformed record of the stream', (body) =>
    body.includes('"no text at all"'),
  );

  const garbage = { 'detail-type': 'Nobody Knows', detail: { poison: stack.election } };
  const [heartbeater] = stack.candidates.values();
  for (const [what, one] of [
    ['heartbeater', heartbeater!],
    ['undertaker', stack.undertaker],
  ] as const) {
    const { result } = await cloud.invoke<object>(one.name, { ...garbage, what });
    report.check(`the ${what} says that it cannot read the event`, /expect/.test(JSON.stringify(result)), result);
    const whole = JSON.stringify({ ...garbage, what });
    await ends(world, stack, one, `an event that the ${what} cannot read`, (body) => body === whole);
  }
  report.check('nobody was deposed by any of it', (await watch.leader()).record.term === record.term, watch.latest);

  // A leader that dies now needs all of them: its notice, the stream, the bus, a heartbeater.
  const { dead, next } = await killLeader(world, deployed, 'killed after the poison');
  for (const [type, term] of [
    ['Leader Expired', dead.record.term],
    ['Leader Elected', next.record.term],
  ] as const) {
    const heard = await hearing.until(
      `${type} of term ${term}`,
      (one) => one.type === type && one.detail.term === term,
    );
    report.check(`the next good ones are handled: ${type} of term ${term} is published`, heard !== undefined);
  }
}

/**
 * Somebody edits the record by hand, and gets it wrong; mended at once, right after a heartbeat, so that its leader need
 * not see it.
 */
async function poisonRecord({ cloud }: World, { stack, watch }: Deployed): Promise<void> {
  const since = watch.sightings.length;
  const { record } = await watch.until('a heartbeat', ({ beat }) => beat > 0, { since });
  const edit = (expression: string, values?: Record<string, { S: string } | { N: string }>) =>
    cloud.dynamodb.send(
      new UpdateItemCommand({
        TableName: stack.table,
        Key: { pk: { S: partitionKey(stack.election) }, sk: { S: 'leader' } },
        UpdateExpression: expression,
        ...(values && { ExpressionAttributeValues: values }),
      }),
    );
  await edit('SET transition = :t, priority = :p', { ':t': { S: 'elected' }, ':p': { S: 'no text at all' } });
  await edit('SET priority = :p REMOVE transition', { ':p': { N: String(record.priority) } });
}

async function ends(
  { report }: World,
  stack: Deployed['stack'],
  by: DeployedFunction,
  what: string,
  is: (body: string) => boolean,
): Promise<void> {
  const found = await until(`${what} in the dead-letter queue`, async (): Promise<Buried | undefined> => {
    return (await stack.buriedBy(by)).find(({ body }) => is(body));
  }).catch((error: Error) => error);
  const buried = found instanceof Error ? undefined : found;
  report.check(`${what} ends in the dead-letter queue, whole`, buried !== undefined, found);
  report.check(`${what} has its reason with it`, /expect|malformed/.test(buried?.reason ?? ''), buried);
}
