/** The last things that happened, so that a violation can be shown with what surrounds it. */
import { hostMs } from '../../lib/local/host-clock.js';

interface Note {
  readonly at: number;
  /** What concerns all elections has none. */
  readonly election: string | undefined;
  readonly text: string;
}

/** So many are kept, and so many of them are shown. */
const KEPT = 4_000;
const SHOWN = 30;

export class EventLog {
  #notes: Note[] = [];
  readonly #beganAt = hostMs();

  /** @param at when it happened, on the host's clock: what a stopped process reports may be old */
  note(text: string, election?: string, at = hostMs()): void {
    this.#notes.push({ at, election, text });
    if (this.#notes.length > 2 * KEPT) this.#notes = this.#notes.slice(-KEPT);
  }

  /** What happened to this election of late, and to the processes, in the order of the host's clock. */
  around(election: string): string[] {
    return this.#notes
      .filter((note) => note.election === undefined || note.election === election)
      .sort((a, b) => a.at - b.at)
      .slice(-SHOWN)
      .map(({ at, text }) => `${((at - this.#beganAt) / 1000).toFixed(3).padStart(8)} s  ${text}`);
  }
}
