/** Clients of users that are made in ways which are not known here. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { expect, test as plain } from 'vitest';
import { leaseClientConfig } from '../../lib/index.js';
import { test } from '../support/scene.js';

type Handler = DynamoDBClient['config']['requestHandler'];

/** As people trace requests: the handler in a handler of their own, which says that it speaks HTTP/1.1. */
class Tracing {
  readonly metadata = { handlerProtocol: 'http/1.1' };
  handled = 0;
  constructor(private readonly inner: Handler) {}
  handle(...args: Parameters<Handler['handle']>) {
    this.handled += 1;
    return this.inner.handle(...args);
  }
  updateHttpClientConfig(): void {}
  httpHandlerConfigs() {
    return {};
  }
}

// Caught: a handler that was made again, with one argument that it does not know: no request went through.
test("a client with a handler of the user's own is used with that handler", async ({ scene }) => {
  const theirs = scene.client();
  const tracing = new Tracing(theirs.config.requestHandler);
  const client = scene.table.clientAt(scene.table.endpoint, { requestHandler: tracing as unknown as Handler });
  scene.afterwards(() => client.destroy());
  const a = scene.candidate({ client });
  await a.lead({ signal: AbortSignal.timeout(10_000) });
  expect(tracing.handled).toBeGreaterThan(2);
});

plain.each([undefined, Number.NaN, 0, -5, 1.5, '1500', 900_001])('leaseClientConfig(%s) is refused', (ms) => {
  expect(() => leaseClientConfig(ms as number)).toThrow(expect.objectContaining({ code: 'BadOption' }));
});
