/**
 * The leader, since when it leads, and why it changed: read from the publisher's log, which has one line for each change
 * of office. A holder's name is not a dimension of a metric, so no metric can show it.
 */
import { LogQueryVisualizationType, LogQueryWidget } from 'aws-cdk-lib/aws-cloudwatch';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { OFFICE_EVENTS } from '../../names/office-events.js';
import type { Draw } from './board.js';
import type { Scene } from './scene.js';

const names = (messages: readonly string[]): string => messages.map((message) => `"${message}"`).join(', ');

const ALL = names(Object.values(OFFICE_EVENTS));
const LOSSES = names([OFFICE_EVENTS.expired, OFFICE_EVENTS.revoked]);

const table =
  (title: string, changes: ILogGroup, queryLines: string[]): Draw =>
  (size) =>
    new LogQueryWidget({
      title,
      logGroupNames: [changes.logGroupName],
      queryLines,
      view: LogQueryVisualizationType.TABLE,
      ...size,
    });

/** The latest line of all, relays too: it names the leader, unless a later line says that the term ended. */
export function leadsNow({ election }: Scene, changes: ILogGroup): Draw {
  return table('Now: the latest change or relay', changes, [
    'fields @timestamp, holder, term, message',
    `filter election = "${election}" and message in [${ALL}]`,
    // An expiry and the election that follows it may be logged within one millisecond.
    'sort @timestamp desc, term desc, beat desc',
    'limit 1',
  ]);
}

/** The changes of leader: without relays, and in mode duty without an office that returns to the same candidate. */
export function changesOfLeader({ election, mode }: Scene, changes: ILogGroup): Draw {
  const another = `message = "${OFFICE_EVENTS.elected}" and (not ispresent(previous) or previous != holder)`;
  const [meant, leftOut] =
    mode === 'duty'
      ? [`message in [${LOSSES}] or (${another})`, 'returns of the same']
      : [`message in [${ALL}] and not ispresent(relay)`, 'relays'];
  return table(`Leaders: since when, and why (newest first; ${leftOut} left out)`, changes, [
    'fields @timestamp, message, term, holder, previous, reason',
    `filter election = "${election}"`,
    `filter ${meant}`,
    'sort @timestamp desc, term desc, beat desc',
    'limit 20',
  ]);
}
