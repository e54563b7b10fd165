/** One candidate of one system, in a process of its own. Tells its parent what happens, on the host's monotonic clock. */
import { hostNow } from '../lib/local/reports.js';
import { awslabsLoop } from './systems/awslabs-loop.js';
import { clientGoLoop } from './systems/client-go-loop.js';
import { deliveryhero } from './systems/deliveryhero.js';
import { dynamodbLockClient } from './systems/dynamodb-lock-client.js';
import type { Settings, System, SystemName } from './systems/system.js';
import { tenure } from './systems/tenure.js';

/** What a candidate process says of itself. */
export interface Report {
  readonly is: 'elected' | 'stopping' | 'lost';
  /** `hostNow()`. */
  readonly at: number;
  readonly why?: string;
}

const ALL: Readonly<Record<SystemName, System>> = {
  tenure,
  deliveryhero,
  'dynamodb-lock-client': dynamodbLockClient,
  'awslabs-loop': awslabsLoop,
  'client-go-loop': clientGoLoop,
};

const settings = JSON.parse(process.argv[2] as string) as Settings;
const tell = (report: Report) => {
  if (process.connected) process.send?.(report);
};
const standing = ALL[settings.system](settings, {
  elected: () => tell({ is: 'elected', at: hostNow() }),
  stopping: () => tell({ is: 'stopping', at: hostNow() }),
  lost: (why) => tell({ is: 'lost', at: hostNow(), why }),
});
process.on('message', () => void standing.resign());
process.on('disconnect', () => process.exit());
process.once('SIGTERM', async () => {
  await standing.close();
  process.exit();
});
