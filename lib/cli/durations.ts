/** Durations, as people write and read them. Pure. */
import { usage } from './failure.js';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, min: 60_000, h: 3_600_000 };

/** `10s`, `500ms`, `15m`, or a plain number of milliseconds. */
export function parseDurationMs(option: string, text: string): number {
  const [, number, unit = 'ms'] = /^(\d+(?:\.\d+)?)\s*(ms|s|min|m|h)?$/.exec(text.trim()) ?? [];
  const ms = Number(number) * UNITS[unit]!;
  if (number !== undefined && Number.isInteger(ms)) return ms;
  throw usage(`${option} must be a duration such as 10s, 500ms or 15m, but is ${JSON.stringify(text)}.`);
}

/** In the unit that says enough: `850 ms`, `7.2 s`, `42 s`, `3 min 5 s`, `2 h 10 min`, `4 d 3 h`. */
export function showMs(ms: number): string {
  if (ms < 0) return `-${showMs(-ms)}`;
  if (ms < 995) return `${Math.round(ms)} ms`;
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return pair(seconds, 60, 'min', 's');
  if (seconds < 86_400) return pair(Math.round(seconds / 60), 60, 'h', 'min');
  return pair(Math.round(seconds / 3600), 24, 'd', 'h');
}

function pair(whole: number, per: number, large: string, small: string): string {
  const rest = whole % per;
  return `${Math.floor(whole / per)} ${large}${rest === 0 ? '' : ` ${rest} ${small}`}`;
}

/** `2026-11-21 10:24:06Z`: the same for all who compare their screens. */
export function showTime(at: number): string {
  return new Date(at)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z');
}
