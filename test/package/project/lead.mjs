/** In a user's project: one election by the library, from the first vacancy to the resignation. */
import { Election } from 'tenure';

const [, , tableName] = process.argv;
const election = new Election({ name: 'by-library', tableName, leaseMs: 10_000 });
const stop = new AbortController();
await election.run(
  async (leadership) => {
    leadership.assertHeld();
    console.log(`leads term ${leadership.term}`);
    await leadership.proclaim('here');
    stop.abort();
  },
  { signal: stop.signal },
);
const { term, reason, previous } = await election.leader();
console.log(JSON.stringify({ term, reason, isMine: previous === election.id }));
await election.close();
