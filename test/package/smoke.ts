/**
 * The package as a user has it: packed, installed into an empty project, imported and run on each line of Node that is
 * maintained; and it says nothing on standard error that no user can act on. Needs the build (`npm run build`), and the
 * registry for what the package depends on.
 */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Engine, engineEnv, startEngine } from '../../lib/local/engine.js';
import { packageRoot } from '../../lib/local/package-root.js';
import { type NodeRelease, nodeReleases } from './nodes.js';

const ROOT = packageRoot();
const MANIFEST = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const LIMIT_MS = 120_000;
/** As docs/cli.md has it: nobody leads. */
const NOBODY = 3;
/** AWS's own notice to authors of programs for Node 20: the command line keeps it from its users, the library must not. */
const OF_THE_SDK =
  /^\(node:\d+\) Warning: NodeVersionSupportWarning: [\s\S]*?https:\S+\n\(Use `node --trace-warnings[^\n]*\n/;

interface Ended {
  readonly code: number | string;
  readonly out: string;
  readonly err: string;
}

function run(file: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(file, args, { cwd, env: { ...own(), ...env }, timeout: LIMIT_MS }, (error, out, err) =>
      resolve({ code: error === null ? 0 : (error.code ?? error.signal ?? 'killed'), out, err }),
    );
  });
}

/** What would change how the package behaves, or is that of the command that runs this. How npm reaches its registry stays. */
const NOT_OF_A_USER = /^(AWS_|TENURE_|NODE_OPTIONS$|NODE_V8_COVERAGE$|npm_(?!config_))/;

function own(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !NOT_OF_A_USER.test(name)));
}

const failures: string[] = [];
let passed = 0;

/** Counts one check, and shows what came where it fails. */
function check(what: string, ended: Ended, expected: RegExp, { code = 0, err = ended.err } = {}): void {
  if (ended.code === code && expected.test(ended.out) && err === '') {
    passed += 1;
    console.log(`  ok      ${what}`);
    return;
  }
  failures.push(what);
  console.log(
    `  FAILED  ${what}\n          expected exit code ${code}, ${expected}, and nothing on standard error; came:`,
  );
  console.log(`${ended.out}${ended.err}          exit code ${ended.code}`.replace(/^/gm, '          '));
}

async function must(what: string, ended: Promise<Ended>): Promise<string> {
  const { code, out, err } = await ended;
  if (code !== 0) throw new Error(`${what} ended with ${code}:\n${out}${err}`);
  return out;
}

/** An empty project with the packed package in it, and nothing else that a user did not ask for. */
async function install(folder: string): Promise<string> {
  if (!existsSync(join(ROOT, 'dist', 'lib', 'index.js'))) throw new Error('There is no build. First: npm run build');
  const packed = await must('npm pack', run('npm', ['pack', '--silent', '--pack-destination', folder], ROOT));
  const project = join(folder, 'project');
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'project', private: true, type: 'module' }));
  cpSync(fileURLToPath(new URL('project', import.meta.url)), project, { recursive: true });
  await add(project, join(folder, packed.trim()));
  return project;
}

const add = (project: string, ...specs: string[]) =>
  must(
    `npm install ${specs.join(' ')}`,
    run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error', ...specs], project),
  );

async function electionOn({ version, file }: NodeRelease, project: string, engine: Engine): Promise<void> {
  const on = `Node ${version}`;
  const table = `smoke-${version}`;
  const env = engineEnv(engine.endpoint);
  // The keys alone: the notice of the SDK is for the programs to deal with.
  delete env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED;
  const tenure = (...args: string[]) =>
    run(file, [join('node_modules', 'tenure', MANIFEST.bin.tenure), '--table', table, ...args], project, env);

  check(`${on}: it says its version`, await tenure('--version'), new RegExp(`^${MANIFEST.version}\\n$`));
  check(`${on}: the command line makes a table`, await tenure('table', 'create'), /is ready/);
  const worker = [file, '-p', 'process.env.TENURE_TERM'];
  check(
    `${on}: the command line leads, and runs a command`,
    await tenure('run', 'by-command', '--once', '--quiet', '--', ...worker),
    /^1\n$/,
  );
  check(
    `${on}: it says how that term ended`,
    await tenure('status', 'by-command', '--json'),
    /"term":1,.*"reason":"resigned"/,
    { code: NOBODY },
  );
  const led = await run(file, ['lead.mjs', table], project, env);
  const expected = /^leads term 1\n{"term":1,"reason":"resigned","isMine":true}\n$/;
  check(`${on}: the library leads, proclaims and resigns`, led, expected, { err: led.err.replace(OF_THE_SDK, '') });
}

async function main(): Promise<void> {
  const say = (line: string) => console.log(line);
  const folder = mkdtempSync(join(tmpdir(), 'tenure-package-'));
  const engine = await startEngine({ engine: 'dynoxide' });
  try {
    const [releases, project] = await Promise.all([nodeReleases(say), install(folder)]);
    const imports = (...entries: string[]) =>
      Promise.all(
        releases.map(async ({ version, file }) => {
          const ended = await run(file, ['imports.mjs', ...entries], project);
          check(
            `Node ${version}: imports ${entries.join(' and ')}`,
            ended,
            new RegExp(`^(\\S+: \\d+ names\\n){${entries.length}}$`),
          );
        }),
      );
    const tsc = join(ROOT, 'node_modules', '.bin', 'tsc');
    const types = await run(tsc, ['-p', 'strict', '--typeRoots', join(ROOT, 'node_modules', '@types')], project);
    check('a strict consumer passes `undefined` for what is optional', types, /^$/);
    // Before what is optional is there: a project without the constructs does not have to install the CDK.
    await imports('tenure', 'tenure/http');
    for (const release of releases) await electionOn(release, project, engine);
    const { 'aws-cdk-lib': cdk, constructs } = MANIFEST.devDependencies;
    await add(project, `aws-cdk-lib@${cdk}`, `constructs@${constructs}`);
    await imports('tenure/cloud');
  } finally {
    await engine.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

await main().catch((error: Error) => {
  failures.push('the package can be tried at all');
  console.error(error.message);
});
console.log(`\n${passed} passed, ${failures.length} failed`);
process.exitCode = failures.length > 0 ? 1 : 0;
