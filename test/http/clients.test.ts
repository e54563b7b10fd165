/** The clients that users copy, as processes, against a real agent: one leads, another takes over, a paused one does no harm. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { OUTSIDE, type Scene, test } from '../support/scene.js';
import { until } from '../support/until.js';
import { file, folder, run, says } from './client-processes.js';
import { agentHost } from './hosts.js';

describe.concurrent('worker.py', () => {
  const worker = (scene: Scene, url: string, id: string, ledger: string, env = {}) =>
    run(scene, 'python3', [file('worker.py'), url, scene.name, id, ledger], env);

  test('of two one leads; after kill -9 the other one takes over, in the next term', async ({ scene }) => {
    const { url } = await agentHost(scene);
    const ledger = join(folder(scene), 'ledger.sqlite');
    const a = worker(scene, url, 'a', ledger);
    await says(a, 'charged in term 1');
    const b = worker(scene, url, 'b', ledger);
    await until('b asking', () => b.child.pid !== undefined);
    await until('heartbeats of a', async () => Number((await scene.item())?.beat?.N) > 4);
    expect((await scene.item())?.holder).toEqual({ S: 'a' });
    expect(b.output()).toBe('');
    a.child.kill('SIGKILL');
    await says(b, 'charged in term 2');
    expect((await scene.item())?.reason).toEqual({ S: 'expired' });
    b.child.kill('SIGTERM');
    expect(await b.ended).toBe(0);
    expect(b.output()).toContain('term 2 is over: resigned');
    expect((await scene.item())?.reason).toEqual({ S: 'resigned' });
  });

  test('a paused one finds that it no longer leads, and its ledger refuses what it had begun', async ({ scene }) => {
    const { url } = await agentHost(scene);
    const ledger = join(folder(scene), 'ledger.sqlite');
    // Its work takes long enough that the pause meets it there, and not in the write.
    const a = worker(scene, url, 'a', ledger, { STEP_S: '1' });
    await says(a, 'charged in term 1');
    a.child.kill('SIGSTOP');
    const b = worker(scene, url, 'b', ledger);
    await says(b, 'charged in term 2');
    const before = a.output();
    a.child.kill('SIGCONT');
    await says(a, 'term 1 is over');
    const after = a.output().slice(before.length);
    // It was paused in its work, between asking and writing, but for the instants of the writes themselves.
    expect(after).not.toContain('charged in term 1');
    expect(after).toContain('refused: the ledger has seen a later term than 1');
    expect(after).toContain('held: False');
    expect((await scene.item())?.holder).toEqual({ S: 'b' });
  });
});

describe.concurrent('asked by an operator to go in favour of another', () => {
  test.for<[string, (url: string, scene: Scene) => [string, string[]]]>([
    [
      'worker.py',
      (url, scene) => ['python3', [file('worker.py'), url, scene.name, 'a', join(folder(scene), 'ledger.sqlite')]],
    ],
    ['lease.sh', (url, scene) => [file('lease.sh'), [url, scene.name, 'a', 'sleep', '1000']]],
  ])('%s keeps the vacancy for it', async ([, command], { scene }) => {
    const { url } = await agentHost(scene);
    const a = run(scene, ...command(url, scene));
    await until('heartbeats of a', async () => Number((await scene.item())?.beat?.N) > 1);
    const operator = scene.candidate({ ...OUTSIDE, id: 'operator' });
    await operator.election.challenge({ to: 'heir' });
    await until('the vacancy', async () => (await scene.item())?.successor?.S === 'heir');
    a.child.kill('SIGTERM');
    await a.ended;
  });
});

describe.concurrent('lease.sh', () => {
  const lease = (scene: Scene, url: string, id: string, script: string) =>
    run(scene, file('lease.sh'), [url, scene.name, id, 'sh', '-c', script]);
  const LOOP = 'echo "began $TENURE_TERM"; trap "echo stopped; exit 0" TERM; while :; do sleep 0.1; done';

  test('runs its command in office alone, and resigns with its end', async ({ scene }) => {
    const { url } = await agentHost(scene);
    const log = join(folder(scene), 'log');
    const script = `echo "in $TENURE_TERM" >>${log}; sleep 0.5; echo "out $TENURE_TERM" >>${log}; exit 3`;
    const [a, b] = [lease(scene, url, 'a', script), lease(scene, url, 'b', script)];
    expect(await Promise.all([a.ended, b.ended])).toEqual([3, 3]);
    expect(readFileSync(log, 'utf8')).toBe('in 1\nout 1\nin 2\nout 2\n');
    expect((await scene.item())?.reason).toEqual({ S: 'resigned' });
  });

  test('after kill -9 the other one takes over', async ({ scene }) => {
    const { url } = await agentHost(scene);
    const a = lease(scene, url, 'a', LOOP);
    await says(a, 'began 1');
    const b = lease(scene, url, 'b', LOOP);
    await until('heartbeats of a', async () => Number((await scene.item())?.beat?.N) > 3);
    process.kill(-a.child.pid!, 'SIGKILL');
    await says(b, 'began 2');
    expect((await scene.item())?.reason).toEqual({ S: 'expired' });
  });

  test('a paused one stops its command when it goes on', async ({ scene }) => {
    const { url } = await agentHost(scene);
    const a = lease(scene, url, 'a', LOOP);
    await says(a, 'began 1');
    a.child.kill('SIGSTOP');
    const b = lease(scene, url, 'b', LOOP);
    await says(b, 'began 2');
    a.child.kill('SIGCONT');
    expect(await a.ended).toBe(75);
    expect(a.output()).toMatch(/term 1 is over: (expired|superseded)/);
    expect((await scene.item())?.holder).toEqual({ S: 'b' });
  });

  test('at SIGTERM its command is stopped, and the office is given back', async ({ scene }) => {
    const { url } = await agentHost(scene);
    const a = lease(scene, url, 'a', LOOP);
    await says(a, 'began 1');
    a.child.kill('SIGTERM');
    expect(await a.ended).toBe(0);
    expect(a.output()).toContain('stopped');
    expect((await scene.item())?.reason).toEqual({ S: 'resigned' });
  });

  test('says what is wrong with what it is given', async ({ scene }) => {
    const usage = run(scene, file('lease.sh'), ['http://127.0.0.1:1']);
    expect(await usage.ended).toBe(64);
    expect(usage.output()).toContain('usage: lease.sh URL ELECTION ID COMMAND');
    const id = run(scene, file('lease.sh'), ['http://127.0.0.1:1', 'x', 'a"b', 'true']);
    expect(await id.ended).toBe(64);
    const { url } = await agentHost(scene);
    const bad = run(scene, file('lease.sh'), [url, 'x', 'a', 'true'], { LEASE_MS: '50' });
    expect(await bad.ended).toBe(70);
    expect(bad.output()).toContain('`leaseMs` must be a whole number of milliseconds from 100');
  });
});

test('the ledger of worker.py refuses lower terms in the write itself', async ({ scene }) => {
  const code = readFileSync(file('worker.py'), 'utf8').replace(/\nmain\(\)\n$/, '\n');
  expect(code).not.toMatch(/\nmain\(\)\n/);
  const path = join(folder(scene), 'check.py');
  const check = [
    'ledger = sqlite3.connect(":memory:")',
    'ledger.execute("CREATE TABLE ledger (charged INTEGER, term INTEGER)")',
    'ledger.execute("INSERT INTO ledger VALUES (0, 0)")',
    'print([charge(ledger, term) for term in (1, 3, 2, 3, 4)])',
  ];
  writeFileSync(path, `import sys\nsys.path.insert(0, ${JSON.stringify(file(''))})\n${code}\n${check.join('\n')}\n`);
  const checking = run(scene, 'python3', [path]);
  expect(await checking.ended).toBe(0);
  expect(checking.output().trim()).toBe('[True, True, False, True, True]');
});
