/** Traces of the Quint model, in the Informal Trace Format: how they are made, and what of them the replay needs. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MODEL, moduleOf, quint, STEPS, simulation } from './quint.js';

export interface ModelRecord {
  readonly term: number;
  readonly beat: number;
  readonly holder: string;
  readonly attempt: number;
  readonly lease: number;
  readonly challenger: ModelChallenger;
  readonly previous: string;
  readonly reason: string;
  readonly dead: boolean;
  readonly successor: string;
  readonly mark: number;
  readonly value: number;
}
interface ModelChallenger {
  readonly id: string;
  readonly attempt: number;
  readonly rank: number;
}
export interface ModelFence {
  readonly term: number;
  readonly attempt: number;
  readonly mark: number;
}
export interface ModelMessage {
  readonly kind: string;
  readonly from: string;
  readonly office: { readonly term: number; readonly attempt: number; readonly holder: string };
  readonly beat: number;
  readonly seen: { readonly term: number; readonly beat: number; readonly attempt: number; readonly holder: string };
  readonly lease: number;
  readonly to: ModelChallenger;
  readonly dead: boolean;
  readonly successor: string;
  readonly mark: number;
  readonly known: readonly number[];
  readonly value: number;
}

/** One step that touched the table, and what the model says came of it. */
export interface ModelStep {
  readonly index: number;
  readonly action: string;
  readonly did: 'write' | 'check' | 'stamp';
  readonly message: ModelMessage;
  readonly answer: { readonly applied: boolean; readonly record: ModelRecord; readonly fence: ModelFence };
  readonly fate: string;
  /** The term that stamped the user's item, after the step. */
  readonly stamped: number;
}

export interface Trace {
  readonly name: string;
  readonly states: number;
  readonly steps: readonly ModelStep[];
}

/** Numbers come as `{ "#bigint": "7" }`, sets as `{ "#set": [] }`. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  if ('#bigint' in value) return Number(value['#bigint']);
  if ('#set' in value) return plain(value['#set']);
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, plain(part)]));
}

function parse(name: string, text: string): Trace {
  const { states } = JSON.parse(text) as { states: Record<string, unknown>[] };
  const at = (state: Record<string, unknown>, variable: string): unknown => {
    const key = Object.keys(state).find((found) => found === variable || found.endsWith(`::${variable}`));
    if (key === undefined) throw new Error(`Trace ${name} has no variable ${variable}: is it one of spec/tenure.qnt?`);
    return plain(state[key]);
  };
  const steps = states.flatMap((state, index): ModelStep[] => {
    const last = at(state, 'last') as Omit<ModelStep, 'index' | 'action' | 'stamped' | 'did'> & {
      did: ModelStep['did'] | 'none';
    };
    if (last.did === 'none') return [];
    const stamped = (at(state, 'stamped') as ModelFence).term;
    return [{ ...last, did: last.did, index, action: String(at(state, 'actionTaken')), stamped }];
  });
  return { name, states: states.length, steps };
}

/**
 * @param options.variants which protocols to make traces of; by default the one that ships
 * @throws Error with quint's own words, where it made none
 */
export async function makeTraces(options: {
  traces: number;
  seed: number;
  variants?: readonly number[];
}): Promise<Trace[]> {
  const folder = await mkdtemp(join(tmpdir(), 'tenure-traces-'));
  try {
    const { variants, traces, seed } = options;
    const model = variants === undefined ? [MODEL, '--main=good'] : [await moduleOf(variants, folder), '--main=only'];
    const itf = ['--mbt', `--n-traces=${traces}`, '--out-itf', join(folder, 'trace_{seq}.itf.json')];
    const { output } = await quint('run', ...model, ...simulation(seed, traces, STEPS), ...itf);
    const files = (await readdir(folder)).filter((file) => file.endsWith('.itf.json')).sort();
    if (files.length < traces)
      throw new Error(`quint made ${files.length} of ${traces} traces:\n${output.slice(-2_000)}`);
    return await Promise.all(
      files.map(async (file, index) =>
        parse(`seed 0x${seed.toString(16)}, trace ${index}`, await readFile(join(folder, file), 'utf8')),
      ),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
