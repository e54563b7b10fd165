/** The light abort signals of a simulating thread do what the platform's do. */
import { afterEach, describe, expect, test } from 'vitest';
import { lightenAbortSignals } from '../../lib/simulation/abort-signals.js';
import { simulate } from '../../lib/simulation/run.js';

let back = () => {};
afterEach(() => back());

/** What happens, in the order in which it does: once with the platform's signals, once with light ones. */
function both(play: (note: (what: string) => void) => void): [string[], string[]] {
  const noted = (): string[] => {
    const notes: string[] = [];
    play((what) => notes.push(what));
    return notes;
  };
  const platform = noted();
  back = lightenAbortSignals();
  const light = noted();
  return [light, platform];
}

const PLAYS: Record<string, (note: (what: string) => void) => void> = {
  'listeners in their order, once each, and none twice': (note) => {
    const controller = new AbortController();
    const listener = () => note('first');
    controller.signal.addEventListener('abort', listener);
    controller.signal.addEventListener('abort', listener);
    controller.signal.addEventListener('abort', () => note('second'), { once: true });
    controller.signal.addEventListener('other', () => note('never'));
    controller.abort();
    controller.abort();
  },
  'a listener that is taken off, before and by another': (note) => {
    const controller = new AbortController();
    const { signal } = controller;
    const gone = () => note('gone');
    const later = () => note('later');
    signal.addEventListener('abort', gone);
    signal.removeEventListener('abort', gone);
    signal.addEventListener('abort', () => signal.removeEventListener('abort', later));
    signal.addEventListener('abort', later);
    controller.abort();
    signal.addEventListener('abort', () => note('too late'));
    note(`${signal.aborted}`);
  },
  'the reason that is given, and the one that is not': (note) => {
    const controllers = [new AbortController(), new AbortController()] as const;
    controllers[0].abort('why');
    controllers[1].abort();
    for (const { signal } of controllers) {
      note(`${signal.aborted} ${signal.reason}`);
      try {
        signal.throwIfAborted();
      } catch (error) {
        note(`threw ${error === signal.reason}`);
      }
    }
    note(`${new AbortController().signal.reason} ${AbortSignal.abort('x').reason}`);
  },
  'a composite follows the first, after its own listeners': (note) => {
    const [a, b] = [new AbortController(), new AbortController()];
    const any = AbortSignal.any([AbortSignal.any([a.signal]), b.signal]);
    any.addEventListener('abort', () => note(`any: ${any.reason}`));
    a.signal.addEventListener('abort', () => note(`a: ${any.aborted}`));
    a.abort('a');
    b.abort('b');
    note(`${any.aborted} ${any.reason} ${AbortSignal.any([b.signal, a.signal]).reason}`);
    note(`${any instanceof AbortSignal}`);
  },
};

test.each(Object.entries(PLAYS))('%s', (_, play) => {
  const [light, platform] = both(play);
  expect(light).toEqual(platform);
  expect(platform.length).toBeGreaterThan(0);
});

describe('a seed gives the same run with either', () => {
  test.each([1, 21, 41])('twenty seeds from %i', async (from) => {
    for (let seed = from; seed < from + 20; seed += 1) {
      const platform = await simulate(seed, { timeline: true });
      back = lightenAbortSignals();
      const light = await simulate(seed, { timeline: true });
      back();
      expect(light).toEqual(platform);
    }
  });
});
