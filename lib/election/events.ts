/**
 * What happened, as typed events. Sinks (a log, metrics, a console) subscribe here. A listener can stop nothing:
 * one that throws, or whose promise rejects, becomes an `error` event, and an `error` without a listener is dropped.
 */
import { show, TenureError } from '../lease/errors.js';
import type { LostReason } from '../lease/outcome.js';
import type { Challenger } from '../lease/record.js';
import type { Office } from './office.js';

/**
 * Where a candidate is in its life (protocol, section 6). `idle`: neither run nor campaign is under way. `standby`: it
 * watches the lease. `contending`: it tries to acquire. `leading`: its work runs. `stepping down`: its work has to stop.
 */
export type CandidateState = 'idle' | 'standby' | 'contending' | 'leading' | 'stepping down' | 'closed';

/** The requests that an election sends: the writes of section 3, and the reads. */
export type Operation =
  | 'read'
  | 'readFence'
  | 'create'
  | 'acquire'
  | 'renew'
  | 'proclaim'
  | 'resign'
  | 'handOver'
  | 'revoke'
  | 'challenge'
  | 'withdraw'
  | 'raise'
  | 'roster'
  | 'readRoster';

/** Every event, by name. Terms and beats are numbers; durations end in `Ms`, wall-clock times in `At` (epoch ms). */
export interface ElectionEvents {
  /** The candidate's state changed. */
  state: { state: CandidateState; was: CandidateState };
  /** This candidate (`id`) leads `term`: the fence is raised, the work begins. Alternates with `lost` (S9). */
  elected: { term: number; id: string };
  /** This candidate's leadership of `term` is over, and why. Emitted at the deadline at the latest (S9). */
  lost: { term: number; id: string; reason: LostReason };
  /**
   * A heartbeat of this leader landed: when it was sent (`sentAt`, epoch ms), how long its answer took (`latencyMs`), and
   * what was left of the lease when it was sent (`leftMs`). A `leftMs` near 0 says that leaders are nearly lost.
   */
  heartbeat: { term: number; beat: number; sentAt: number; latencyMs: number; leftMs: number };
  /** The office changed, as this process sees it: never older than the event before (S8). */
  office: Office;
  /** Somebody asks this leader to hand over, and whether it does (`yields`). */
  challenged: { term: number; challenger: Challenger; yields: boolean };
  /** A fenced write of this candidate's was refused (`fence.refused(error)` found so): `laterTerm` had begun its work. */
  fenced: { term: number; laterTerm: number };
  /** A term's office was given back; `released: false` if its lease had to run out instead (S10). */
  released: { term: number; released: boolean };
  /** With `succession`: the ids of the candidates that stand, in the line of succession, and which came or went since. */
  roster: { line: readonly string[]; joined: readonly string[]; left: readonly string[] };
  /** A try of a request to the table was answered, or was not (`unknown`), after `latencyMs`. What one pays for. */
  request: {
    operation: Operation;
    kind: 'read' | 'write';
    outcome: 'applied' | 'refused' | 'unknown';
    latencyMs: number;
  };
  /** Something went wrong; its `code` says what. The election goes on. Without a listener it is dropped. */
  error: TenureError;
}

/** The name of an event. */
export type EventName = keyof ElectionEvents;
/** What is called with an event. What it returns is not used; a promise of it that rejects becomes an `error` event. */
export type Listener<N extends EventName> = (event: ElectionEvents[N]) => unknown;

const KNOWN: Readonly<Record<EventName, true>> = {
  state: true,
  elected: true,
  lost: true,
  heartbeat: true,
  office: true,
  challenged: true,
  fenced: true,
  released: true,
  roster: true,
  request: true,
  error: true,
};

/** Calls listeners, in the order in which they came. */
export class Emitter {
  #warned = false;
  readonly #listeners = new Map<EventName, Set<Listener<never>>>();

  /** Returns the way to take the listener off again. */
  on<N extends EventName>(name: N, listener: Listener<N>): () => void {
    checkName(name);
    const set = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, set.add(listener as Listener<never>));
    return () => this.off(name, listener);
  }

  off<N extends EventName>(name: N, listener: Listener<N>): void {
    checkName(name);
    this.#listeners.get(name)?.delete(listener as Listener<never>);
  }

  emit<N extends EventName>(name: N, event: ElectionEvents[N]): void {
    const listeners = this.#listeners.get(name);
    if (listeners === undefined || listeners.size === 0) return;
    for (const listener of [...listeners] as Listener<N>[]) {
      try {
        const result = listener(event);
        if (result instanceof Promise) result.catch((cause) => this.#failed(name, cause));
      } catch (cause) {
        this.#failed(name, cause);
      }
    }
  }

  /** Warns, once, of a failure that does not pass by itself and that nobody listens for. */
  warnUnheard(error: TenureError): void {
    if (this.#warned || (this.#listeners.get('error')?.size ?? 0) > 0) return;
    this.#warned = true;
    process.emitWarning(error.message, { type: 'TenureWarning', code: error.code });
  }

  #failed(name: EventName, cause: unknown): void {
    if (name === 'error') return; // reported to itself, it would never end
    const message = cause instanceof Error ? cause.message : show(cause);
    this.emit(
      'error',
      new TenureError('ListenerFailed', `A listener of \`${name}\` failed and was ignored: ${message}`, { cause }),
    );
  }
}

function checkName(name: string): void {
  if (Object.hasOwn(KNOWN, name)) return;
  throw new TenureError('BadOption', `There is no event ${show(name)}. There are: ${Object.keys(KNOWN).join(', ')}.`);
}
