/**
 * The AWS emulator: started with IAM enforced, on ports and in folders of its own, and the processes in which it runs
 * the functions. It speaks TLS, because clients sign differently without.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { until } from '../support/until.js';
import { startGroup } from './processes.js';
import { LeftOut, withoutAws } from './python.js';

export interface Emulator {
  readonly endpoint: string;
  /** The file of the certificate that its clients have to trust. */
  readonly ca: string;
  /** Connections that trust it. */
  readonly agent: Agent;
  readonly pid: number;
  /** The Python that it runs in, with its packages. */
  readonly python: string;
  /** The processes in which a function runs at present: one that works, perhaps idle ones beside it. */
  workers(functionName: string): number[];
  stop(): Promise<void>;
}

/**
 * @param folder where its files and logs go
 * @throws LeftOut if this machine lacks what it needs
 */
export async function startEmulator(python: string, folder: string): Promise<Emulator> {
  demand();
  const port = await freePort();
  const tmp = join(folder, 'emulator');
  mkdirSync(tmp, { recursive: true });
  const env: NodeJS.ProcessEnv = {
    ...withoutAws(),
    // The functions run in this very Node.
    PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ''}`,
    GATEWAY_PORT: String(port),
    AUTH: 'true',
    USE_SSL: '1',
    BIND_HOST: '127.0.0.1',
    MINISTACK_HOST: '127.0.0.1',
    TMPDIR: tmp,
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  };
  // Its functions inherit its environment: nothing of a coverage run or a debugger must come along.
  for (const name of ['NODE_OPTIONS', 'NODE_EXTRA_CA_CERTS', 'NODE_V8_COVERAGE', 'LAMBDA_EXECUTOR']) delete env[name];
  const log = join(folder, 'emulator.log');
  const group = startGroup(python, ['-m', 'ministack'], { env, log });
  const endpoint = `https://127.0.0.1:${port}`;
  const ca = join(tmp, 'ministack-tls', 'server.crt');
  try {
    const agent = await until('the emulator to answer', async () => {
      if (group.child.exitCode !== null) return 'gone' as const;
      const trusting = new Agent({ ca: readFileSync(ca), keepAlive: true, maxSockets: 64 });
      return (await answers(`${endpoint}/_ministack/health`, trusting)) ? trusting : undefined;
    });
    if (agent === 'gone') throw new Error(`it ended with exit code ${group.child.exitCode}`);
    return { endpoint, ca, agent, pid: group.pid, python, workers, stop: () => group.stop() };
  } catch (error) {
    await group.stop();
    const said = readFileSync(log, 'utf8').trim().split('\n').slice(-15).join('\n');
    throw new Error(`The emulator did not start: ${(error as Error).message}. Its last words:\n${said}`);
  }

  function workers(functionName: string): number[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => isWorker(pid, functionName));
  }

  function isWorker(pid: number, functionName: string): boolean {
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
      const mine = environment.includes(`TMPDIR=${tmp}`);
      return mine && environment.includes(`AWS_LAMBDA_FUNCTION_NAME=${functionName}`);
    } catch {
      return false; // it is gone, or somebody else's
    }
  }
}

/** What the emulator needs besides Python. */
function demand(): void {
  if (process.platform !== 'linux') {
    throw new LeftOut('leaders are killed by their processes, which are found in /proc: that is on Linux alone');
  }
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
  } catch {
    throw new LeftOut('the AWS emulator needs openssl for its certificate, and there is none on the PATH');
  }
}

function answers(url: string, agent: Agent): Promise<boolean> {
  return new Promise((resolve) => {
    request(url, { agent, timeout: 2_000 }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode === 200));
    })
      .on('error', () => resolve(false))
      .end();
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
