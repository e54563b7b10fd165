/** The values of options, as people write them on a command line. Pure. */
import { InvalidArgumentError } from 'commander';
import { usage } from './failure.js';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, min: 60_000, h: 3_600_000 };

/** `10s`, `500ms`, `15m`, or a plain number of milliseconds. */
export function parseDurationMs(option: string, text: string): number {
  const [, number, unit = 'ms'] = /^(\d+(?:\.\d+)?)\s*(ms|s|min|m|h)?$/.exec(text.trim()) ?? [];
  const ms = Number(number) * UNITS[unit]!;
  if (number !== undefined && Number.isInteger(ms)) return ms;
  throw usage(`${option} must be a duration such as 10s, 500ms or 15m, but is ${JSON.stringify(text)}.`);
}

/** For commander: @throws InvalidArgumentError that says what a port is */
export function parsePort(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new InvalidArgumentError('It must be a whole number from 0 to 65535.');
}
