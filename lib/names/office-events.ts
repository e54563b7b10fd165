/** The events that tell a change of office on the event bus (section 8): their names, for publisher, rules and docs. */

/** The `source` of every event of Tenure's. */
export const EVENT_SOURCE = 'tenure';

/** The `detail-type` by the transition that it tells. */
export const OFFICE_EVENTS = {
  elected: 'Leader Elected',
  resigned: 'Leader Resigned',
  expired: 'Leader Expired',
  revoked: 'Leader Revoked',
} as const;

export type Transition = keyof typeof OFFICE_EVENTS;
export type OfficeEventType = (typeof OFFICE_EVENTS)[Transition];

/** The events after which the office is vacant: what wakes the heartbeaters. */
export const VACANCY_EVENTS: readonly OfficeEventType[] = ['Leader Resigned', 'Leader Expired', 'Leader Revoked'];

/**
 * What wakes those on duty: a leader that was lost. Each duty ends with a resignation, and heartbeaters that were woken by that would
 * begin the next one at once, and so on for ever.
 */
export const LOSS_EVENTS: readonly OfficeEventType[] = ['Leader Expired', 'Leader Revoked'];
