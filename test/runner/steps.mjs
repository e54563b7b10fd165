/** Steps of a run: programs, one after the other, or beside each other where one waits while another computes. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';

/**
 * @typedef {{ title: string, command: string, args: string[], env?: NodeJS.ProcessEnv }} Step
 * @typedef {{ title: string, passed: boolean, output: string }} Result
 */

export class Steps {
  /** @param {string} root the repository @param {import('./tally.mjs').Tally} tally */
  constructor(root, tally) {
    this.root = root;
    this.tally = tally;
  }

  /** A program that a package brings. @returns {Step} */
  of(title, program, args = [], env = {}) {
    return { title, command: join(this.root, 'node_modules', '.bin', program), args, env };
  }

  /** Runs a step whose output is seen as it comes. @returns {Promise<Result>} */
  run(step) {
    console.log(`\n== ${step.title}`);
    return this.#ended(step, this.#start(step, 'inherit'));
  }

  /** Runs a step and counts it. */
  async check(step) {
    return this.tally.count(await this.run(step));
  }

  /** Runs steps at the same time, and counts each; the output of each is shown when it has ended. */
  async together(steps) {
    const all = steps.map(async (step) => this.#show(await this.quietly(step)));
    return (await Promise.all(all)).map((result) => this.tally.count(result)).every(Boolean);
  }

  /**
   * Runs steps one after the other with what others leave of the machine. Their output is kept, and shown when they are
   * waited for: see {@link settle}.
   * @param {Step[]} steps @returns {Promise<Result[]>}
   */
  async modestly(steps) {
    const results = [];
    for (const { command, args, ...step } of steps) {
      // By a program, and not once it runs: whatever it starts in its first moments is as modest.
      results.push(await this.quietly({ ...step, command: 'nice', args: ['-n', '19', command, ...args] }));
    }
    return results;
  }

  /** Waits for steps that ran beside others, shows what they said, and counts them. */
  async settle(results) {
    for (const result of await results) this.tally.count(this.#show(result));
  }

  /** Runs a step, and keeps its output. @param {Step} step @returns {Promise<Result>} */
  quietly(step) {
    return this.#ended(step, this.#start(step, 'pipe'));
  }

  #start({ command, args, env }, output) {
    return spawn(command, args, {
      cwd: this.root,
      env: { ...process.env, ...env },
      stdio: ['ignore', output, output],
    });
  }

  #show(result) {
    console.log(`\n== ${result.title}\n${result.output.trimEnd()}`);
    return result;
  }

  #ended({ title, command }, child) {
    const began = performance.now();
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }
    return new Promise((resolve) => {
      child.on('error', (error) => {
        console.error(`${title}: cannot run ${command}: ${error.message}`);
        resolve({ title, passed: false, output });
      });
      child.on('close', (code) => {
        this.tally.took(title, (performance.now() - began) / 1000);
        resolve({ title, passed: code === 0, output });
      });
    });
  }
}
