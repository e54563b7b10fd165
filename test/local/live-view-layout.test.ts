/** The picture of the live view: what it shows, and that it fits into any terminal. */
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { type LiveViewState, layOut, type TerminalTraits } from '../../lib/local/live-view-layout.js';
import { terminalPreferences } from '../../lib/local/terminal-screen.js';

const terminal: TerminalTraits = { columns: 110, rows: 30, colour: false, unicode: false };
const state: LiveViewState = {
  title: 'engine: dynoxide',
  timings: { leaseMs: 3_000, renewMs: 900 },
  office: { leader: 'ada', term: 3, forMs: 12_340 },
  leftMs: 1_500,
  heartbeatAges: [1_000, 100],
  candidates: [
    { id: 'ada', status: 'leading', pid: 4711, priority: 0, reads: 3, writes: 52 },
    { id: 'ben', status: 'paused', pid: 4712, priority: 0, reads: 60, writes: 0 },
  ],
  events: Array.from({ length: 50 }, (_, n) => ({ time: '12:00:00', text: `event ${n}` })),
  broken: [],
};

describe('the live view', () => {
  test('shows who leads, what is left of the lease, heartbeats, candidates, the last events, and the keys', () => {
    const text = layOut(state, terminal);
    expect(text).toContain('  ada leads term 3 since 12.3 s');
    expect(text).toContain(`  lease       ${'#'.repeat(25)}${'.'.repeat(25)}  1.5 s left`);
    expect(text.find((line) => line.includes('heartbeats'))).toMatch(/\*\.{4}\* {2}0\.1 s ago$/);
    expect(text.find((line) => line.startsWith('  ben'))).toMatch(/paused +4712 +0 +60 +0$/);
    expect(text.at(-3)).toBe('12:00:00  event 49');
    expect(text.at(-1)).toMatch(/^k kill leader .* q quit$/);
    expect(text).toHaveLength(30);
  });

  test.each([
    ['paused', 'ada, leader of term 3, is paused: nobody leads until another is elected'],
    ['dead', 'ada, leader of term 3, is dead: nobody leads until another is elected'],
    ['over', 'ada, leader of term 3, leads no more: nobody leads until another is elected'],
  ] as const)('says so when the leader is %s', (gone, line) => {
    expect(layOut({ ...state, office: { ...state.office!, gone } }, terminal)).toContain(`  ${line}`);
  });

  test('before the first election nobody leads, and nothing is left', () => {
    const text = layOut({ ...state, office: undefined, leftMs: 0, heartbeatAges: [], events: [] }, terminal);
    expect(text).toContain('  nobody leads yet');
    expect(text).toContain(`  lease       ${'.'.repeat(50)}  0.0 s left`);
  });

  test('a broken invariant stands above the events', () => {
    expect(layOut({ ...state, broken: ['S1: two leaders'] }, terminal)).toContain('BROKEN  S1: two leaders');
  });

  test.each([true, false])('fits every size; colour: %s', (colour) => {
    for (const columns of [1, 2, 20, 50, 80, 200]) {
      for (const rows of [1, 2, 5, 10, 14, 24, 100]) {
        const lines = layOut(state, { columns, rows, colour, unicode: true });
        expect(lines.length).toBeLessThanOrEqual(rows);
        for (const line of lines) expect(stripVTControlCharacters(line).length).toBeLessThanOrEqual(columns);
        expect(stripVTControlCharacters(lines.at(-1)!)[0]).toBe('k');
      }
    }
  });

  test('NO_COLOR takes the colours away, and a locale without UTF-8 the marks', () => {
    expect(terminalPreferences({ LANG: 'en_US.UTF-8' })).toEqual({ colour: true, unicode: true });
    expect(terminalPreferences({ LANG: 'C', NO_COLOR: '1' })).toEqual({ colour: false, unicode: false });
    const plain = layOut(state, terminal).join('');
    expect(plain).toBe(stripVTControlCharacters(plain));
    const coloured = layOut(state, { ...terminal, colour: true });
    expect(coloured.join('')).not.toBe(plain);
    expect(coloured.map(stripVTControlCharacters)).toEqual(layOut(state, terminal));
  });
});
