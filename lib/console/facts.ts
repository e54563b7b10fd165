/**
 * What the console tells the page: facts, each a thing that happened once, in the protocol's words. The page is what it
 * makes of them, in order: so a page that was cut off and comes back is sent what it missed, and no more.
 */
import type { LostReason } from '../index.js';
import type { FencedBy } from '../local/reports.js';

/** How one leader came after another: what was waited for. */
export type Passing = 'failover' | 'hand-over';

/** One candidate in the line. */
export interface InLine {
  readonly id: string;
  readonly leads: boolean;
  readonly present: boolean;
  readonly priority: number;
}

interface Told {
  readonly election: string;
  /** When it happened, epoch ms: by the clock of who wrote it where all share one, else when the console saw it. */
  readonly at: number;
  /** What happened, and why, for the log. Without `text` it is no entry of the log. */
  readonly text?: string;
  readonly why?: string;
}

export type Fact = Told &
  (
    | { is: 'election' }
    /** A term began. */
    | {
        is: 'term';
        term: number;
        holder: string;
        previous?: string;
        reason?: string;
        leaseMs: number;
        /** How long it took since the last heartbeat of `previous`, or since the vacancy. */
        passed?: { how: Passing; tookMs: number };
      }
    | { is: 'heartbeat'; term: number; holder: string; beat: number; leaseMs: number }
    | { is: 'proclaimed'; term: number; value: string }
    | { is: 'vacancy'; term: number; previous?: string; reason?: string; dead: boolean; successor?: string }
    | { is: 'challenge'; term: number; by: string; reason: string }
    /** A leader's own word that its term is over. */
    | { is: 'lost'; term: number; id: string; reason: LostReason }
    /** A fenced write of an old term was refused. */
    | { is: 'refused'; id: string; by: FencedBy; term: number; found?: number }
    /** A candidate of the local cluster is in another state; cut off, it is so by its own account alone. */
    | { is: 'candidate'; id: string; status: string; isCutOff: boolean; pid: number }
    | { is: 'roster'; line: readonly InLine[] }
    /** The table cannot be read, or can be again. */
    | { is: 'trouble'; message?: string }
    /** Nothing but its text. */
    | { is: 'note' }
  );

export type Tell = (fact: Fact) => void;

/** Facts of which only the last one counts have the same key: it is kept when the others are forgotten. */
export function keyOf(fact: Fact): string | undefined {
  switch (fact.is) {
    case 'term':
    case 'vacancy':
      return `${fact.election} office`;
    case 'heartbeat':
    case 'proclaimed':
    case 'roster':
    case 'trouble':
    case 'election':
      return `${fact.election} ${fact.is}`;
    case 'candidate':
      return `${fact.election} candidate ${fact.id}`;
    default:
      return undefined;
  }
}
