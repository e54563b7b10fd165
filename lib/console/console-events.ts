/**
 * What the console sends to the page: events, each once, in the protocol's words, under the name `fact`. The page is made
 * from them alone, in their order: so a page that was disconnected and comes back is sent what it missed, and no more.
 */
import type { LostReason } from '../index.js';
import type { FencedBy } from '../local/candidate-messages.js';

/** How one leader came after another: what was waited for. */
export type Passing = 'failover' | 'hand-over';

/** One candidate on the roster, in the line of succession. */
export interface RosterEntry {
  readonly id: string;
  readonly leads: boolean;
  readonly present: boolean;
  readonly priority: number;
}

interface EventHead {
  readonly election: string;
  /** When it happened, epoch ms: by the writer's clock where all processes share one, else when the console saw it. */
  readonly at: number;
  /** What happened, and why, for the log. Without `text` it is no entry of the log. */
  readonly text?: string;
  readonly why?: string;
}

export type ConsoleEvent = EventHead &
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
    /** A leader reports that its term is over. */
    | { is: 'lost'; term: number; id: string; reason: LostReason }
    /** A fenced write of an old term was refused. */
    | { is: 'refused'; id: string; by: FencedBy; term: number; found?: number }
    /** A candidate of the local cluster is in another state; one that is cut off reports its own view alone. */
    | { is: 'candidate'; id: string; status: string; isCutOff: boolean; pid: number }
    | { is: 'roster'; line: readonly RosterEntry[] }
    /** The table cannot be read, or can be again. */
    | { is: 'trouble'; message?: string }
    /** Nothing but its text. */
    | { is: 'note' }
  );

export type EmitEvent = (event: ConsoleEvent) => void;

/** Events of which only the last one counts have the same key: it is kept when the others are dropped. */
export function replacementKey(event: ConsoleEvent): string | undefined {
  switch (event.is) {
    case 'term':
    case 'vacancy':
      return `${event.election} office`;
    case 'heartbeat':
    case 'proclaimed':
    case 'roster':
    case 'trouble':
    case 'election':
      return `${event.election} ${event.is}`;
    case 'candidate':
      return `${event.election} candidate ${event.id}`;
    default:
      return undefined;
  }
}
