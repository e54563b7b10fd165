/**
 * A candidate as it would run in a Fargate task: a process of its own that knows its election by its environment alone.
 * It asks for the office, leads, and says so; it never gives the office back.
 */
import { Election } from '../../lib/index.js';

const election = Election.fromEnvironment();
const say = (what: object) => process.stdout.write(`${JSON.stringify(what)}\n`);
election.on('error', (error) => say({ error: error.message }));
const standing = election.run(
  ({ term, signal }) =>
    new Promise<void>((resolve) => {
      say({ elected: term, id: election.id });
      signal.addEventListener('abort', () => resolve());
    }),
);
say({ challenged: await election.challenge({ why: 'the task asks' }) });
await standing;
