/** What the console makes of what it sees: each event once, in order; and what is kept when there were many. */
import { describe, expect, test } from 'vitest';
import type { ConsoleEvent } from '../../lib/console/console-events.js';
import { ElectionTracker } from '../../lib/console/election-tracker.js';
import { EventHistory } from '../../lib/console/event-history.js';

function tracked() {
  const events: ConsoleEvent[] = [];
  return { events, tracker: new ElectionTracker('billing', (event) => events.push(event)) };
}

const begun = (term: number, holder: string, at: number, rest: { previous?: string; reason?: string } = {}) => ({
  term,
  holder,
  leaseMs: 3_000,
  at,
  ...rest,
});

describe('the tracker of an election', () => {
  test('emits the same change once, wherever it was seen, and nothing older after something newer', () => {
    const { events, tracker } = tracked();
    tracker.termBegan(begun(1, 'ada', 1_000));
    tracker.termBegan(begun(1, 'ada', 1_000));
    tracker.heartbeat({ term: 1, beat: 2, at: 2_000 });
    tracker.heartbeat({ term: 1, beat: 2, at: 2_001 });
    tracker.heartbeat({ term: 1, beat: 1, at: 1_500 });
    tracker.vacated({ term: 1, previous: 'ada', reason: 'resigned', at: 2_500 });
    tracker.heartbeat({ term: 1, beat: 3, at: 2_600 });
    tracker.termBegan(begun(1, 'ada', 1_000));
    tracker.vacated({ term: 1, previous: 'ada', reason: 'resigned', at: 2_500 });
    expect(events.map(({ is }) => is)).toEqual(['term', 'heartbeat', 'vacancy']);
  });

  test('measures a failover from the last heartbeat, and a hand-over from the vacancy', () => {
    const { events, tracker } = tracked();
    tracker.termBegan(begun(1, 'ada', 1_000));
    tracker.heartbeat({ term: 1, beat: 1, at: 1_900 });
    tracker.termBegan(begun(2, 'ben', 5_000, { previous: 'ada', reason: 'expired' }));
    tracker.vacated({ term: 2, previous: 'ben', reason: 'resigned', at: 6_000 });
    tracker.termBegan(begun(3, 'cleo', 6_040, { previous: 'ben', reason: 'resigned' }));
    const passings = events.flatMap((event) => (event.is === 'term' ? [event.passed] : []));
    expect(passings).toEqual([undefined, { how: 'failover', tookMs: 3_100 }, { how: 'hand-over', tookMs: 40 }]);
    expect(events[2]).toMatchObject({
      text: 'ben leads term 2',
      why: 'the lease of ada ran out: its last heartbeat was sent 3,100 ms before',
    });
  });

  test('says of terms that came and went unseen, and measures nothing across them', () => {
    const { events, tracker } = tracked();
    tracker.termBegan(begun(1, 'ada', 1_000));
    tracker.termBegan(begun(4, 'ben', 9_000, { previous: 'cleo', reason: 'expired' }));
    expect(events[1]).toMatchObject({ passed: undefined });
    expect(events[1]?.why).toContain('2 terms before it came and went unseen');
  });

  test('reports a proof of death that comes after the revoke', () => {
    const { events, tracker } = tracked();
    tracker.termBegan(begun(1, 'ada', 1_000));
    tracker.vacated({ term: 1, previous: 'ada', reason: 'revoked', at: 2_000 });
    tracker.vacated({ term: 1, previous: 'ada', reason: 'revoked', dead: true, at: 2_000 });
    tracker.vacated({ term: 1, previous: 'ada', reason: 'revoked', dead: true, at: 2_000 });
    expect(events.map(({ text }) => text)).toEqual([
      'ada leads term 1',
      'the office is vacant after term 1',
      'ada is proved dead',
    ]);
    expect(events[1]?.why).toContain('may be alive');
  });

  test('reports each challenge once, and a second one of the same term', () => {
    const { events, tracker } = tracked();
    tracker.termBegan(begun(1, 'ada', 1_000));
    for (const key of ['a', 'a', 'b']) tracker.challenged(1, 'ben', 'deploy', key, 2_000);
    expect(events.filter(({ is }) => is === 'challenge')).toHaveLength(2);
  });
});

describe('the history', () => {
  const note = (text: string): ConsoleEvent => ({ is: 'note', election: 'billing', at: 0, text });
  const term = (n: number): ConsoleEvent => ({
    is: 'term',
    election: 'billing',
    at: 0,
    term: n,
    holder: 'ada',
    leaseMs: 1,
  });

  test('gives what came after a number, and says so when that is forgotten', () => {
    const history = new EventHistory(3);
    for (const text of ['a', 'b', 'c', 'd']) history.add(note(text));
    expect(history.after(2)?.map(({ n }) => n)).toEqual([3, 4]);
    expect(history.after(1)?.map(({ n }) => n)).toEqual([2, 3, 4]);
    expect(history.after(4)).toEqual([]);
    expect(history.after(0)).toBeUndefined();
    expect(history.after(5)).toBeUndefined();
  });

  test('keeps the latest state of each thing that it forgets', () => {
    const history = new EventHistory(2);
    for (const event of [term(1), term(2), note('a'), note('b')]) history.add(event);
    expect(history.all().map(({ n }) => n)).toEqual([2, 3, 4]);
  });

  test('wakes a page that waits for more', async () => {
    const history = new EventHistory();
    const waiting = history.more(0, new AbortController().signal);
    history.add(note('a'));
    await waiting;
    const stop = new AbortController();
    const unanswered = history.more(1, stop.signal);
    stop.abort();
    await unanswered;
  });
});
