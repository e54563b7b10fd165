/**
 * The roll call: counts who stands by, on the roster (section 6). By somebody who is no candidate: a leader that counted
 * them could not tell of its own silence, and neither could standbys of theirs.
 */
import type { Election } from '../election/election.js';
import type { MetricSink } from './meter.js';

/** Who was there. */
export interface Present {
  /** Who holds the office by the record, alive or not; absent where it is nobody, or somebody who is not on the roster. */
  readonly holder?: string;
  /** Who would take over, in the line of succession: each has given a sign of life within three of its periods. */
  readonly standbys: readonly string[];
}

/**
 * Reads the roster and emits how many stand by. Who is there goes by the wall clocks of both sides, as a hint does: it takes
 * clocks that differ by three periods of the roster (90 s by default) to miscount.
 *
 * @throws TenureError `RequestFailed` and so on, and then emits nothing: silence is what the alarm takes for bad news
 */
export async function callRoll(election: Election, sink: MetricSink): Promise<Present> {
  const roster = await election.roster();
  const holder = roster.find(({ leads }) => leads)?.id;
  const standbys = roster.filter(({ leads, present }) => present && !leads).map(({ id }) => id);
  sink.add('Standbys', standbys.length);
  sink.flush();
  return { ...(holder !== undefined && { holder }), standbys };
}
