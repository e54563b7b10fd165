/**
 * DynamoDB Local: AWS's own engine, a Java program. Maven fetches it once into `.engines/` at the package's root; from
 * then on Java alone is enough.
 */
import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { endWithParent } from './end-with-parent.js';
import { type EngineProbe, tailOf } from './engine-server.js';
import { enginesFolder, packageRoot } from './package-root.js';

const JAVA_NEEDED = 17;
const JAVA_LIMIT_MS = 30_000;
const MAVEN_LIMIT_MS = 10 * 60_000;
const UNFINISHED = '.unfinished-';
const MAIN_CLASS = 'software.amazon.dynamodb.services.local.main.ServerRunner';

const run = promisify(execFile);

export async function findDynamoDbLocal(): Promise<EngineProbe> {
  const version = pinnedVersion();
  const title = `DynamoDB Local ${version}`;
  const folder = join(packageRoot(), '.engines', `dynamodb-local-${version}`);

  const java = await javaVersion();
  if (java === undefined) return { title, missing: `there is no java on the PATH (it needs Java ${JAVA_NEEDED}+)` };
  if (java < JAVA_NEEDED) return { title, missing: `java on the PATH is Java ${java} (it needs ${JAVA_NEEDED}+)` };
  const fetched = existsSync(folder);
  if (!fetched && !isOnPath('mvn')) return { title, missing: 'there is no mvn on the PATH to fetch it with' };

  return {
    title,
    traits: "AWS's own engine; in memory",
    found: `Java ${java} is there, and ${fetched ? 'it is fetched' : 'Maven to fetch it'}`,
    prepare: async (say) => {
      if (!fetched) await fetchDynamoDbLocal(folder, say);
      return (port) => ({ file: 'java', args: javaArguments(folder, port) });
    },
  };
}

/**
 * Has Maven copy the engine into `folder`. It appears there whole or not at all: processes that fetch at the same
 * time each fill a folder of their own, and the first to finish gives its own the name.
 */
export async function fetchDynamoDbLocal(folder: string, say: (line: string) => void): Promise<void> {
  say(`fetching DynamoDB Local ${pinnedVersion()} with Maven into ${folder} (48 MB, once; about half a minute) ...`);
  await mkdir(dirname(folder), { recursive: true });
  const unfinished = await mkdtemp(`${folder}${UNFINISHED}`);
  try {
    // mkdtemp makes folders for one's own eyes only.
    await chmod(unfinished, 0o755);
    await sweep(folder, unfinished);
    await copyWithMaven(unfinished);
    if (!existsSync(folder)) await rename(unfinished, folder);
  } catch (error) {
    // Another process was quicker: its copy is as good as ours.
    if (!existsSync(folder)) throw error;
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

/** Removes what earlier fetches left when they were killed: older than any that could still be at work. */
async function sweep(folder: string, mine: string): Promise<void> {
  const { mtimeMs: now } = await stat(mine);
  for (const name of await readdir(dirname(folder))) {
    if (!name.startsWith(`${basename(folder)}${UNFINISHED}`)) continue;
    const left = join(dirname(folder), name);
    const age = now - (await stat(left).catch(() => ({ mtimeMs: now }))).mtimeMs;
    if (age > 2 * MAVEN_LIMIT_MS) await rm(left, { recursive: true, force: true });
  }
}

async function copyWithMaven(folder: string): Promise<void> {
  const pom = join(enginesFolder(), 'pom.xml');
  const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${folder}`, '-DincludeScope=runtime'];
  const maven = run('mvn', ['-q', '-B', '-f', pom, ...goal], { timeout: MAVEN_LIMIT_MS, killSignal: 'SIGKILL' });
  endWithParent(maven.child);
  try {
    await maven;
  } catch (error) {
    const { stdout = '', stderr = '', code, killed } = error as ExecFailure;
    const how = killed ? `did not end within ${MAVEN_LIMIT_MS / 60_000} minutes` : `failed (${code})`;
    throw new Error(
      `Maven ${how} while fetching DynamoDB Local ${pinnedVersion()}. It needs the network once, or a mirror in ` +
        `~/.m2/settings.xml. To see it by itself: mvn -B -f ${pom} dependency:resolve. ` +
        `Or ask for the engine "dynoxide", which needs no Java. ${tailOf(`${stdout}\n${stderr}`)}`,
      { cause: error },
    );
  }
  // Maven is trusted to fail loudly, but an engine without its own jar would fail obscurely, and for ever.
  const jar = `DynamoDBLocal-${pinnedVersion()}.jar`;
  if (!existsSync(join(folder, jar))) throw new Error(`Maven ended well, but brought no ${jar} into ${folder}.`);
}

interface ExecFailure {
  stdout?: string;
  stderr?: string;
  code?: number | string | null;
  killed?: boolean;
}

/**
 * The quick compiler alone, and the collector of one thread: an engine lives for minutes here, and the thorough compiler
 * would take a third of a core for the first of them (measured: 27 s of CPU instead of 41 under the same load).
 */
const FOR_A_SHORT_LIFE = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];

function javaArguments(folder: string, port: number): string[] {
  const server = ['-inMemory', '-sharedDb', '-disableTelemetry', '-port', String(port)];
  return [...FOR_A_SHORT_LIFE, `-Djava.library.path=${folder}`, '-cp', join(folder, '*'), MAIN_CLASS, ...server];
}

/** The version is pinned in one place only, where Maven reads it. */
function pinnedVersion(): string {
  const pom = readFileSync(join(enginesFolder(), 'pom.xml'), 'utf8');
  const version = /<artifactId>DynamoDBLocal<\/artifactId>\s*<version>([^<]+)</.exec(pom)?.[1];
  if (version === undefined) throw new Error('lib/local/engines/pom.xml names no version of DynamoDBLocal.');
  return version;
}

/** The major version of the `java` on the PATH; Java 8 and older call themselves 1.8 and so on. */
async function javaVersion(): Promise<number | undefined> {
  try {
    const { stdout, stderr } = await run('java', ['-version'], { timeout: JAVA_LIMIT_MS });
    const major = /version "(?:1\.)?(\d+)/.exec(stderr + stdout)?.[1];
    return major === undefined ? undefined : Number(major);
  } catch {
    return undefined;
  }
}

function isOnPath(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
