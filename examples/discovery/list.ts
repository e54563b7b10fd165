/** Lists all servers: the roster as a service registry. `npx tsx list.ts` */
// #region discovery-list
import { Election } from 'tenure';

await using election = new Election({ name: 'catalogue', tableName: process.env.TENURE_TABLE ?? 'tenure' });
for (const { id, leads, present, value } of await election.roster()) {
  const { address = '' } = (value ?? {}) as { address?: string };
  console.log(`${address}  ${present ? (leads ? 'leads' : 'stands by') : 'is silent'}  ${id}`);
}
// #endregion
