/**
 * A service of several tasks, of which one works: it processes numbered orders, each once. SIGTERM (a deploy, a
 * scale-in) hands the office over; /health answers for leader and standby alike.
 */
// #region ecs-service
import { createServer } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { Election, type Leadership } from 'tenure';

const TableName = process.env.WORK_TABLE;
const documents = DynamoDBDocumentClient.from(new DynamoDBClient({}));
const log = (event: string, more: object = {}) => console.log(JSON.stringify({ at: Date.now(), event, ...more }));

const stopping = new AbortController();
process.once('SIGTERM', () => {
  log('stopping');
  stopping.abort();
});

await using election = Election.fromEnvironment(); // on Fargate its id names the task
election.on('elected', ({ term }) => log('elected', { term }));
election.on('lost', ({ term, reason }) => log('lost', { term, reason }));
election.on('error', ({ code, message }) => log('error', { code, message }));

// A standby is healthy: a load balancer or ECS must not replace it because it does not lead. A task that stops is not.
const server = createServer((request, response) => {
  const healthy = !stopping.signal.aborted;
  response.statusCode = request.url !== '/health' ? 404 : healthy ? 200 : 503;
  response
    .setHeader('content-type', 'application/json')
    .end(JSON.stringify({ id: election.id, state: election.state }));
});
server.listen(Number(process.env.PORT ?? 8080), () => log('listening', { address: server.address(), id: election.id }));

await election.run(processOrders, { signal: stopping.signal }); // ends with the office given back
server.close();
log('ended');

async function processOrders(leadership: Leadership): Promise<void> {
  const { Item: queue } = await documents.send(
    new GetCommand({ TableName, Key: { id: 'orders' }, ConsistentRead: true }),
  );
  for (let order = (queue?.done ?? 0) + 1; !leadership.signal.aborted; order += 1) {
    try {
      await processOrder(leadership, order);
    } catch (error) {
      if (leadership.fence.refused(error)) return; // deposed while it was paused: the successor goes on
      throw error; // emitted as `error`; the next leader reads how far the orders are
    }
    await wait(50);
  }
}

/** Writes the order and the count of orders in one transaction: it commits only while no later leader has begun. */
async function processOrder({ id, term, fence }: Leadership, order: number): Promise<void> {
  const processed = { id: `order#${order}`, by: id, term };
  await documents.send(
    new TransactWriteCommand({
      TransactItems: [
        fence.check(),
        { Put: { TableName, Item: processed, ConditionExpression: 'attribute_not_exists(id)' } },
        { Put: { TableName, Item: { id: 'orders', done: order } } },
      ],
    }),
  );
}
// #endregion
