/** A takeover compares the version of this very record: where one was deleted or restored, its numbers come again. */
import { beforeAll, expect, test } from 'vitest';
import { AT, DECLARED, officeOf, onEachEngine, Stage } from '../support/lease.js';
import { freshTable, type TestTable } from '../support/table.js';

onEachEngine('versions', (endpoint) => {
  let table: TestTable;
  beforeAll(async () => {
    table = await freshTable(endpoint);
  });

  // Caught (seed 910318 of the simulator): an acquisition that lands late takes a new record from its healthy leader.
  test('an acquisition, or an expiry, of an earlier record with the same term and beat is refused', async () => {
    const stage = new Stage(table);
    const seen = { ...(await stage.held()), attempt: 'of a record that was deleted' };
    const record = await stage.store.read();
    const acquire = { seen, office: officeOf('b', 2), declare: DECLARED, at: AT + 5 };
    expect(await stage.store.acquire(acquire)).toEqual({ applied: false, record });
    expect(await stage.store.expire({ seen, at: AT + 5 })).toEqual({ applied: false, record });
  });
});
