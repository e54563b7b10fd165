/**
 * A program that makes two elections without a client of its own, leads both, closes them one after the other, and then
 * has nothing more to do: it must end by itself.
 */
import { Election } from '../../lib/index.js';

const [tableName = '', name = ''] = process.argv.slice(2);
const timings = { leaseMs: 6_000, renewMs: 1_000, requestTimeoutMs: 1_000 };
const one = new Election({ name: `${name}-one`, tableName, ...timings });
const two = new Election({ name: `${name}-two`, tableName, ...timings });
const running = one.run(({ signal }) => new Promise((resolve) => signal.addEventListener('abort', resolve)));
const [elected] = await Promise.all([new Promise<number>((resolve) => one.on('elected', (e) => resolve(e.term)))]);
const leadership = await two.campaign();
console.log('leading', elected, leadership.term);
void (async () => {
  for await (const _ of two.observe()); // ends with the close
})();
await one.close();
await running;
await leadership.proclaim('still here'); // the client that both share is still open
console.log('after the first close:', (await two.leader()).term, 'goes on');
const closing = two.close();
await leadership.resign();
await closing;
console.log('closed');
