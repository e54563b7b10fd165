/**
 * What this process knows of the office. Everything that shows the record (reads, replies of writes) passes through
 * here, in any order, and only what is newer is an event (S8).
 */
import type { Clock } from '../lease/clock.js';
import { TenureError } from '../lease/errors.js';
import { Latch, type Once } from '../lease/latch.js';
import { compareVersions, type LeaseRecord, sameVersion } from '../lease/record.js';
import type { Emitter } from './events.js';
import { officeOf, sameOffice } from './office.js';

/** Marks the moment before a strongly consistent read was sent: what it returns is no older than all seen by then. */
export type Mark = number;

export class View {
  #latest: LeaseRecord | undefined;
  #sightings = 0;
  #offices = 0;
  #changed = new Latch();

  constructor(
    private readonly election: string,
    private readonly clock: Clock,
    private readonly emitter: Emitter,
  ) {}

  /** The newest record seen; undefined if none was seen, or if the record does not exist. */
  get latest(): LeaseRecord | undefined {
    return this.#latest;
  }

  /** How many offices were seen so far: 0 until the first sighting. */
  get offices(): number {
    return this.#offices;
  }

  mark(): Mark {
    return this.#sightings;
  }

  /** True if this record is older than one seen before: a stale read, or a rewound table. */
  isOlder(record: LeaseRecord | undefined): boolean {
    if (this.#latest === undefined) return false;
    return record === undefined || compareVersions(record, this.#latest) < 0;
  }

  /**
   * Takes in a sighting. `strong` is the mark of the strongly consistent read that brought it; without one, an older
   * version is only an answer that came late.
   */
  see(record: LeaseRecord | undefined, strong?: Mark): void {
    const was = this.#latest;
    if (this.isOlder(record)) {
      if (strong === undefined || strong < this.#sightings) return;
      this.#rewound(was!, record);
    }
    if (this.#offices > 0 && record !== undefined && sameVersion(record, was)) {
      this.#latest = record; // the same version: only its challenger may be new
      return;
    }
    this.#latest = record;
    this.#sightings += 1;
    if (this.#offices > 0 && sameOffice(was, record)) return;
    this.#offices += 1;
    this.emitter.emit('office', officeOf(this.election, record, this.clock.now().wall));
    const changed = this.#changed;
    this.#changed = new Latch();
    changed.set();
  }

  /** Set when another office was seen. */
  get changed(): Once {
    return this.#changed;
  }

  #rewound(was: LeaseRecord, record: LeaseRecord | undefined): void {
    const now = record === undefined ? 'there is none' : `it is at term ${record.term}, beat ${record.beat}`;
    const error = new TenureError(
      record === undefined ? 'RecordVanished' : 'TermFell',
      `The record of election "${this.election}" went back: term ${was.term}, beat ${was.beat} was seen, and now ${now}. ` +
        'The table was restored, replaced or edited, and fencing tokens may repeat: raise the term of the record by hand ' +
        'above every one that was used.',
      { details: { was, found: record } },
    );
    this.emitter.emit('error', error);
  }
}
