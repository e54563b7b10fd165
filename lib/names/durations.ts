/** Durations and times, as all texts for people write them. Pure. */

/** To the millisecond, for what was measured: `3,412 ms`. */
export function exactMs(ms: number): string {
  return `${Math.round(ms).toLocaleString('en-US')} ms`;
}

/** In the unit that says enough: `850 ms`, `7.2 s`, `42 s`, `3 min 5 s`, `2 h 10 min`, `4 d 3 h`. */
export function showMs(ms: number): string {
  if (ms < 0) return `-${showMs(-ms)}`;
  if (ms < 995) return `${Math.round(ms)} ms`;
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return inTwoUnits(seconds, 60, 'min', 's');
  if (seconds < 86_400) return inTwoUnits(Math.round(seconds / 60), 60, 'h', 'min');
  return inTwoUnits(Math.round(seconds / 3600), 24, 'd', 'h');
}

function inTwoUnits(whole: number, per: number, large: string, small: string): string {
  const rest = whole % per;
  return `${Math.floor(whole / per)} ${large}${rest === 0 ? '' : ` ${rest} ${small}`}`;
}

/** `2026-11-21 10:24:06Z`: in UTC, so that people in different places can compare. */
export function showTime(at: number): string {
  return new Date(at)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z');
}
