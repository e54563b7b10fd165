/** The tables of docs/costs.md are what the arithmetic says. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { METRICS } from '../../lib/names/metrics.js';
import { always, cloudWatch, DEFAULT, demoWork, dollars, PRICES, rollCall, roster, tables } from './costs.js';

const text = readFileSync(new URL('../../docs/costs.md', import.meta.url), 'utf8');

test.each(Object.entries(tables()))('the table `%s`', (_, table) => {
  expect(text).toContain(table);
});

test('the sums that are named in the text', () => {
  expect(text).toContain(`At 256 MB leading costs ${dollars(always({ ...DEFAULT, memoryMb: 256 }).items.leading)}`);
  expect(text).toContain(`one write every 5 s: ${dollars(demoWork('always'))} a month`);
  expect(text).toContain(`one write a minute: ${dollars(demoWork('duty'))}`);
  expect(text).toContain(`All seventeen would be ${dollars(Object.keys(METRICS).length * PRICES.metric)}`);
  const { 'roll call': called, metric, logs } = rollCall();
  expect(text).toContain(
    `the roll is called for ${dollars(called)}, its metric is ${dollars(metric)}, its logs ${dollars(logs)}`,
  );
  expect(text).toContain(`Each candidate pays ${dollars(roster())}`);
  expect(cloudWatch('duty', false, DEFAULT).logs).toBeLessThan(cloudWatch('duty', true, DEFAULT).logs);
});

test('the README names the same sums', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  for (const row of tables().months!.split('\n').slice(2)) {
    for (const cost of row.match(/\$[\d.]+/g)!) expect(readme).toContain(cost);
  }
});
