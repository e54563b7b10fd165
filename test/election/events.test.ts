/** Events: emitted in order, and nothing that a listener does can stop their emitter. */
import { describe, expect, test, vi } from 'vitest';
import { Emitter } from '../../lib/election/events.js';
import { TenureError } from '../../lib/lease/errors.js';

const ELECTED = { term: 1, id: 'a' };

test('listeners are called in the order in which they were added, until they are removed', () => {
  const emitter = new Emitter();
  const reported: string[] = [];
  const first = () => reported.push('first');
  const off = emitter.on('elected', first);
  emitter.on('elected', (event) => reported.push(`second ${event.term}`));
  emitter.on('lost', () => reported.push('lost'));
  emitter.emit('elected', ELECTED);
  off();
  emitter.emit('elected', ELECTED);
  emitter.off('elected', first); // not there any more
  emitter.off('heartbeat', () => {}); // nobody ever was
  expect(reported).toEqual(['first', 'second 1', 'second 1']);
});

test('a listener that takes others off, or adds some, does not disturb the round', () => {
  const emitter = new Emitter();
  const reported: string[] = [];
  emitter.on('elected', () => {
    off();
    emitter.on('elected', () => reported.push('added'));
  });
  const off = emitter.on('elected', () => reported.push('second'));
  emitter.emit('elected', ELECTED);
  expect(reported).toEqual(['second']);
});

describe('a listener that fails', () => {
  const setUp = () => {
    const emitter = new Emitter();
    const errors: TenureError[] = [];
    emitter.on('error', (error) => errors.push(error));
    return { emitter, errors };
  };

  test.each<[string, unknown, string]>([
    ['an error', new Error('boom'), 'boom'],
    ['text', 'boom', '"boom"'],
    ['nothing', undefined, 'undefined'],
    ['a symbol', Symbol('boom'), 'Symbol(boom)'],
    ['an object without a prototype', Object.create(null), '{}'],
  ])('by throwing %s becomes an error event, and the others are called', (_, thrown, shown) => {
    const { emitter, errors } = setUp();
    const other = vi.fn();
    emitter.on('lost', () => {
      throw thrown;
    });
    emitter.on('lost', other);
    emitter.emit('lost', { ...ELECTED, reason: 'expired' });
    expect(other).toHaveBeenCalledOnce();
    expect(errors.map(({ code, cause }) => ({ code, cause }))).toEqual([{ code: 'ListenerFailed', cause: thrown }]);
    expect(errors[0]?.message).toContain('`lost`');
    expect(errors[0]?.message).toContain(shown);
  });

  test('by rejecting becomes an error event', async () => {
    const { emitter, errors } = setUp();
    emitter.on('elected', async () => {
      throw new Error('later');
    });
    emitter.emit('elected', ELECTED);
    await vi.waitFor(() => expect(errors).toHaveLength(1));
    expect(errors[0]?.message).toContain('later');
  });
});

describe('the error event', () => {
  const error = new TenureError('Busy', 'x');

  test('without a listener is dropped', () => {
    expect(() => new Emitter().emit('error', error)).not.toThrow();
  });

  test('whose own listener fails is not emitted again: it would never end', async () => {
    const emitter = new Emitter();
    const throwing = vi.fn(() => {
      throw new Error('again');
    });
    const rejecting = vi.fn(async () => {
      throw new Error('and again');
    });
    emitter.on('error', throwing);
    emitter.on('error', rejecting);
    emitter.emit('error', error);
    await new Promise((resolve) => setImmediate(resolve)); // an unhandled rejection would fail the run
    expect([throwing.mock.calls.length, rejecting.mock.calls.length]).toEqual([1, 1]);
  });
});
