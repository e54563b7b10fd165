/**
 * 9: the lease API behind its function URL. Callers sign, by real HTTP; IAM decides which of them may; a leader's whole life goes over
 * it, and the Python client that users copy takes over from one that has died.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../../lib/local/package-root.js';
import { until } from '../../support/until.js';
import { type Answer, Caller, Candidate } from '../lease-api/caller.js';
import { startGroup } from '../processes.js';
import { REGION } from '../signed.js';
import { Stack } from '../stack.js';
import type { World } from '../world.js';

const STACK = 'Tenure-lease-api';
const ELECTION = 'by-http';
/** What the candidates here ask for. The dead one's lease is the longest that anything waits for. */
const WISHES = { leaseMs: 10_000, renewMs: 3_000 };
const EXAMPLES = join(packageRoot(), 'examples', 'http');

/** The deployed API, and how to take it away again. */
export interface DeployedApi {
  readonly stack: Stack;
  readonly url: string;
  readonly worker: Caller;
  readonly other: Caller;
  readonly workerArn: string;
  /** The function that calls the roll of the same election. */
  readonly rollCall: string;
  destroy(): Promise<void>;
}

export async function deployLeaseApi({ cloud, report }: World): Promise<DeployedApi> {
  const context = { stackName: STACK, election: ELECTION };
  const app = `${process.execPath} --import tsx ${join(packageRoot(), 'test', 'e2e', 'lease-api', 'app.ts')}`;
  report.say(`cdk deploy ${STACK} ...`);
  const startedAt = performance.now();
  await cloud.cdk('deploy', ['--require-approval', 'never', '--app', app], context);
  report.time(`cdk deploy ${STACK}`, performance.now() - startedAt);
  const { Url = '', WorkerArn = '', OtherArn = '', RollCallName = '' } = await cloud.outputsOf(STACK);
  return {
    stack: await Stack.of(cloud, STACK),
    url: Url,
    worker: new Caller(cloud, Url, await cloud.assume(WorkerArn)),
    other: new Caller(cloud, Url, await cloud.assume(OtherArn)),
    workerArn: WorkerArn,
    rollCall: RollCallName,
    destroy: async () => void (await cloud.cdk('destroy', ['--force', '--app', app], context)),
  };
}

export async function leaseApi(world: World, api: DeployedApi): Promise<void> {
  await onlyWhoMay(world, api);
  const dead = await wholeLife(world, api);
  await pythonTakesOver(world, api, dead);
}

async function onlyWhoMay({ report, cloud }: World, { url, worker, other }: DeployedApi): Promise<void> {
  report.check(
    'its URL has the shape of a function URL',
    /^https:\/\/[a-z0-9]+\.lambda-url\.us-east-1\.on\.aws\/$/.test(url),
    url,
  );
  const path = `/elections/${ELECTION}/leader`;
  const refused = (what: string, { status, body }: Answer) =>
    report.check(`${what} is refused`, status === 403 && body.election === undefined, { status, body });
  refused('an unsigned request', await new Caller(cloud, url).get(path));
  const credentials = await cloud.assume((await cloud.outputsOf(STACK)).WorkerArn ?? '');
  const forged = { ...credentials, secretAccessKey: `${credentials.secretAccessKey.slice(1)}x` };
  refused('a request that is signed with another key', await new Caller(cloud, url, forged).get(path));
  refused('a role that was not granted it', await other.get(path));
  const first = await worker.get(path);
  report.equal('a role that was granted it is answered', [first.status, first.body.term], [200, 0]);
  const unknown = await worker.get('/elections/another/leader');
  report.equal('an election that is not served is not found', [unknown.status, unknown.body.code], [404, 'NotFound']);
}

/** @returns the candidate that leads at the end, and goes silent */
async function wholeLife({ report }: World, { worker }: DeployedApi): Promise<Candidate> {
  const [a, b] = ['a', 'b'].map((id) => new Candidate(worker, ELECTION, id)) as [Candidate, Candidate];
  const acquired = await a.acquire(WISHES);
  report.equal('acquire: a is in office', [acquired.status, acquired.body.term], [200, 1]);
  const held = await b.acquire(WISHES);
  report.equal('b learns which candidate holds it', [held.status, held.body.code], [409, 'Held']);
  const beat = await a.heartbeat();
  report.equal(
    'heartbeat: a leads, and learns for how long',
    [beat.status, beat.body.holdMs, beat.body.yields],
    [200, WISHES.leaseMs * 0.99, false],
  );
  const leader = await worker.get(`/elections/${ELECTION}/leader`);
  report.equal('leader: a, in term 1', [leader.body.holder, leader.body.term], ['a', 1]);
  report.equal('fence check: a write of term 1 may go', (await a.check()).body.passes, true);
  const resigned = await a.resign();
  report.equal('resign: the office is free', [resigned.status, resigned.body.released], [200, true]);

  const next = await b.acquire({ ...WISHES, waitMs: 10_000 });
  report.equal('b is in office, at once', [next.status, next.body.term], [200, 2]);
  const stale = await a.check();
  report.equal(
    'fence check: a write of term 1 may not go any more',
    [stale.status, stale.body.code],
    [409, 'LeadershipLost'],
  );
  const late = await a.heartbeat();
  report.equal('a late heartbeat of a extends nothing', [late.status, late.body.code], [409, 'LeadershipLost']);
  report.equal('b sends a heartbeat, and then no more', (await b.heartbeat()).status, 200);
  return b;
}

/** The server watches the silent leader for as long as a request may wait; no standby reads the table. */
async function pythonTakesOver(
  { report, cloud }: World,
  { url, worker, workerArn }: DeployedApi,
  dead: Candidate,
): Promise<void> {
  const silentAt = performance.now();
  const { accessKeyId, secretAccessKey, sessionToken = '' } = await cloud.assume(workerArn);
  const [id] = new URL(url).hostname.split('.');
  const { endpoint, ca, python } = cloud.emulator;
  const log = join(cloud.folder, 'worker.py.log');
  const said = () => readFileSync(log, 'utf8');
  // No name of the emulator's can be resolved here, so it is asked by the path that stands for the host.
  const args = ['-u', join(EXAMPLES, 'worker.py'), `${endpoint}/_aws/lambda-url/${id}`, ELECTION, 'python'];
  const process = startGroup(python, [...args, join(cloud.folder, 'ledger.sqlite')], {
    env: {
      ...cloud.env(),
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: sessionToken,
      SSL_CERT_FILE: ca,
      SIGN: 'aws',
      PYTHONDONTWRITEBYTECODE: '1',
      LEASE_MS: String(WISHES.leaseMs),
    },
    log,
  });
  try {
    await until('worker.py to lead', () => said().includes(`leading term ${dead.term + 1}`), { limitMs: 60_000 });
    const tookMs = performance.now() - silentAt;
    report.time('worker.py leads, from the last heartbeat of the dead leader', tookMs);
    report.check('not before that lease had run out', tookMs >= WISHES.leaseMs * 0.99, tookMs);
    const path = `/elections/${ELECTION}/leader`;
    const { version } = (await worker.get(path)).body;
    const office = await until('a heartbeat of worker.py', async () => {
      const { body } = await worker.get(path);
      return body.version !== version ? body : undefined;
    });
    report.equal(
      'its heartbeats are signed by botocore, and land',
      [office.term, office.previous, office.reason],
      [dead.term + 1, dead.id, 'expired'],
    );
    const late = await dead.heartbeat();
    report.equal('the dead one, come back, leads no more', [late.status, late.body.code], [409, 'LeadershipLost']);
    globalThis.process.kill(process.pid, 'SIGTERM');
    await until('worker.py to end', () => process.child.exitCode !== null);
    report.equal(
      'at SIGTERM it resigns and ends',
      [process.child.exitCode, /term \d+ is over: (\w+)/.exec(said())?.[1]],
      [0, 'resigned'],
    );
  } finally {
    await process.stop();
  }
}
