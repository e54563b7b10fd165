/** One candidate of one system, in a process of its own. Reports what happens, on the host's monotonic clock. */
import { hostMs } from '../lib/local/host-clock.js';
import { givenTask, SupervisorChannel } from '../lib/local/supervisor-channel.js';
import { awslabsLoop } from './systems/awslabs-loop.js';
import { clientGoLoop } from './systems/client-go-loop.js';
import { deliveryhero } from './systems/deliveryhero.js';
import { dynamodbLockClient } from './systems/dynamodb-lock-client.js';
import type { Settings, System, SystemName } from './systems/system.js';
import { tenure } from './systems/tenure.js';

export interface Report {
  readonly is: 'elected' | 'stopping' | 'lost';
  /** `hostMs()`. */
  readonly at: number;
  readonly why?: string;
}

/** The only order there is. */
export type Order = 'resign';

const ALL: Readonly<Record<SystemName, System>> = {
  tenure,
  deliveryhero,
  'dynamodb-lock-client': dynamodbLockClient,
  'awslabs-loop': awslabsLoop,
  'client-go-loop': clientGoLoop,
};

const settings = givenTask<Settings>();
const channel = new SupervisorChannel<Report, Order>();
const candidate = ALL[settings.system](settings, {
  elected: () => channel.report({ is: 'elected', at: hostMs() }),
  stopping: () => channel.report({ is: 'stopping', at: hostMs() }),
  lost: (why) => channel.report({ is: 'lost', at: hostMs(), why }),
});
channel.onOrder(() => void candidate.resign());
channel.onEnd(async () => {
  await candidate.close();
  process.exit();
});
