/** What happens in the cluster, in words that a newcomer understands, and how long nobody led between two terms. */
import { exactMs } from '../names/durations.js';
import { LOST_REASONS } from '../names/reasons.js';
import type { CandidateReport } from './candidate-messages.js';
import type { ClusterCandidate } from './cluster-candidate.js';

/** How a term came about and ended, by the record as its writers saw it. Epoch ms. */
interface Term {
  acquiredAt?: number;
  /** When the last heartbeat that was reported was sent. */
  heartbeatAt?: number;
  vacatedAt?: number;
  previous?: string;
  reason?: string;
}

export class EventLog {
  readonly #terms = new Map<number, Term>();

  /** When the term began, epoch ms. */
  acquiredAt(term: number): number | undefined {
    return this.#terms.get(term)?.acquiredAt;
  }

  /** When the term's leader gave the office back, epoch ms. */
  vacatedAt(term: number): number | undefined {
    return this.#terms.get(term)?.vacatedAt;
  }

  /** Takes a report. @returns a sentence, if the report is of an event that people should see */
  describe(candidate: ClusterCandidate, report: CandidateReport): string | undefined {
    switch (report.is) {
      case 'office':
        this.#office(report);
        return undefined;
      case 'heartbeat':
        this.#term(report.term).heartbeatAt = report.sentAt;
        return undefined;
      case 'elected':
        return `${candidate.id} is elected: term ${report.term}${this.#gap(report.term)}`;
      case 'lost':
        return `${candidate.id} has lost term ${report.term} (${report.reason}: ${LOST_REASONS[report.reason].sentence})`;
      case 'refused':
        return `${candidate.id}'s fenced write is refused: ${refusalText(report)}`;
      case 'error':
        // A candidate that is cut off reports one for each request.
        return candidate.isCutOff ? undefined : `${candidate.id} reports an error: ${report.message}`;
      default:
        return undefined;
    }
  }

  #office({ term, holder, vacatedAt, ...office }: Extract<CandidateReport, { is: 'office' }>): void {
    const known = this.#term(term);
    if (holder === undefined) known.vacatedAt ??= vacatedAt;
    else Object.assign(known, office);
  }

  #term(term: number): Term {
    const known = this.#terms.get(term) ?? {};
    this.#terms.set(term, known);
    return known;
  }

  /** How long nobody led before this term, counted from what is known of the last one. */
  #gap(term: number): string {
    const { acquiredAt, previous, reason } = this.#term(term);
    const last = this.#terms.get(term - 1);
    if (acquiredAt === undefined || last === undefined) return '';
    if (reason === 'expired') {
      const heard = last.heartbeatAt ?? last.acquiredAt;
      return heard === undefined ? '' : `, ${exactMs(acquiredAt - heard)} after the last heartbeat of ${previous}`;
    }
    return last.vacatedAt === undefined
      ? ''
      : `, ${exactMs(acquiredAt - last.vacatedAt)} after the office became vacant`;
  }
}

/** Both terms of a refused write. */
export function refusalText({ by, term, found }: { by: 'stamp' | 'check'; term: number; found?: number }): string {
  const where = by === 'stamp' ? 'the item carries' : 'the fence is at';
  return `it carried term ${term}, and ${where} term ${found ?? 'unknown'}`;
}
