/**
 * Starts the engines once for the whole run: DynamoDB Local for everything that writes, wherever Java and Maven are
 * there, and dynoxide beside it for the contract of the store. Which ones run, and why, is said in a line each.
 */
import { performance } from 'node:perf_hooks';
import type { TestProject } from 'vitest/node';
import { type Engine, startEngine } from '../../lib/local/engine.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** The engine of all tests, and the second one: the reason, where it is not there. */
    engines: { main: { name: string; endpoint: string }; dynoxide: { endpoint?: string; missing?: string } };
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const began = performance.now();
  const say = (line: string) => console.log(`[engines] ${line}`);
  const main = await startEngine({ say });
  say(main.line);
  const second = await secondEngine(main);
  if ('missing' in second) say(`the store's contract is not run on dynoxide: ${second.missing}`);
  else if (second !== main) say(second.line);
  say(`ready after ${((performance.now() - began) / 1000).toFixed(1)} s`);
  project.provide('engines', {
    main: { name: main.name, endpoint: main.endpoint },
    dynoxide: 'missing' in second ? { missing: second.missing } : { endpoint: second.endpoint },
  });
  return async () => {
    await main.stop();
    if (!('missing' in second)) await second.stop();
  };
}

async function secondEngine(main: Engine): Promise<Engine | { missing: string }> {
  if (main.name === 'dynoxide') return main;
  try {
    return await startEngine({ engine: 'dynoxide' });
  } catch (error) {
    return { missing: (error as Error).message };
  }
}
