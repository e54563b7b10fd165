/** The arguments of `npm start`: what they mean, and that a wrong one is answered in a sentence. */
import { describe, expect, test } from 'vitest';
import { BadArguments } from '../../lib/local/arguments.js';
import { parseOptions } from '../../lib/local/start-options.js';

describe('the arguments of npm start', () => {
  test('none: a brisk lease, the library’s proportions, three candidates, any engine', () => {
    expect(parseOptions([])).toEqual({
      tour: false,
      help: false,
      timings: { leaseMs: 3_000, renewMs: 900, stepDownMs: 300, requestTimeoutMs: 450, drift: 0.01 },
      engine: undefined,
      candidates: 3,
      again: 'npm start -- --tour',
    });
  });

  test('each is taken, and the command to repeat it names them', () => {
    const argv = ['--tour', '--lease', '2000', '--heartbeat=500', '--engine', 'dynamodb-local', '--candidates', '5'];
    expect(parseOptions(argv)).toMatchObject({
      tour: true,
      timings: { leaseMs: 2_000, renewMs: 500, stepDownMs: 200, requestTimeoutMs: 250 },
      engine: 'dynamodb-local',
      candidates: 5,
      again: `npm start -- ${argv.join(' ')}`,
    });
  });

  test.each([
    [['--lease', 'soon'], '--lease must be a whole number of milliseconds, such as --lease 3000, but is "soon".'],
    [['--lease', '-5'], /^Option '--lease' argument is ambiguous\. Expected are the options of: npm start -- --help$/],
    [['--lease', '50'], '`leaseMs` must be a whole number of milliseconds from 100 to 900000, but is 50.'],
    [['--heartbeat', '2000'], /2 \* renewMs \+ requestTimeoutMs \+ stepDownMs must be at most/],
    [['--engine', 'oracle'], '--engine must be one of dynoxide, dynamodb-local, endpoint, but is "oracle".'],
    [['--candidates', '1'], '--candidates must be a whole number from 2 to 9, but is "1".'],
    [['--candidates', '10'], '--candidates must be a whole number from 2 to 9, but is "10".'],
    [['--speed', '3'], /Unknown option '--speed'.*npm start -- --help/],
    [['tour'], /Unexpected argument 'tour'/],
  ])('%j is refused, and the sentence says what was expected', (argv, sentence) => {
    expect(() => parseOptions(argv)).toThrow(BadArguments);
    expect(() => parseOptions(argv)).toThrow(sentence);
  });
});
