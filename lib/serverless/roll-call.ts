/**
 * The roll call: counts the standbys on the roster (section 6). A function that is not a candidate does it, because a
 * candidate could not report its own silence.
 */
import type { Election } from '../election/election.js';
import type { MetricSink } from './meter.js';

/** The result of a roll call. */
export interface Present {
  /** The holder by the record, alive or not; absent if nobody leads, or if the leader is not on the roster. */
  readonly holder?: string;
  /** The standbys in the line of succession: each has given a sign of life within three of its periods. */
  readonly standbys: readonly string[];
}

/**
 * Reads the roster and emits the number of standbys. It compares the wall clocks of both sides, so the number is a hint:
 * it is wrong only if clocks differ by three periods of the roster (90 s by default).
 *
 * @throws TenureError `RequestFailed` and so on, and then emits nothing: silence rings the alarm
 */
export async function callRoll(election: Election, sink: MetricSink): Promise<Present> {
  const roster = await election.roster();
  const holder = roster.find(({ leads }) => leads)?.id;
  const standbys = roster.filter(({ leads, present }) => present && !leads).map(({ id }) => id);
  sink.add('Standbys', standbys.length);
  sink.flush();
  return { ...(holder !== undefined && { holder }), standbys };
}
