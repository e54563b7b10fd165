/** What happens in the cluster, in words that a newcomer understands, and how long nobody led between two terms. */
import type { LostReason } from '../index.js';
import type { Member } from './member.js';
import type { Report } from './reports.js';

/** How a term came about and ended, as the record showed it to those who wrote it. Epoch ms. */
interface Term {
  acquiredAt?: number;
  /** When the last heartbeat that was reported was sent. */
  heartbeatAt?: number;
  vacatedAt?: number;
  previous?: string;
  reason?: string;
}

const WHY_LOST: Record<LostReason, string> = {
  superseded: 'superseded: the record shows another leader',
  expired: 'expired: its lease had run out when it looked at the clock',
  revoked: 'revoked by an operator',
  resigned: 'resigned',
  yielded: 'yielded to a challenger',
  cloned: 'a clone was quicker',
  closed: 'closed: it gave the office back before it ended',
};

export class Chronicle {
  readonly #terms = new Map<number, Term>();

  /** When the term began, epoch ms. */
  acquiredAt(term: number): number | undefined {
    return this.#terms.get(term)?.acquiredAt;
  }

  /** When the term's leader gave the office back, epoch ms. */
  vacatedAt(term: number): number | undefined {
    return this.#terms.get(term)?.vacatedAt;
  }

  /** Takes a report, and puts it in words if it is a turn of events. */
  tell(member: Member, report: Report): string | undefined {
    switch (report.is) {
      case 'office':
        this.#office(report);
        return undefined;
      case 'heartbeat':
        this.#term(report.term).heartbeatAt = report.sentAt;
        return undefined;
      case 'elected':
        return `${member.id} is elected: term ${report.term}${this.#gap(report.term)}`;
      case 'lost':
        return `${member.id} has lost term ${report.term} (${WHY_LOST[report.reason]})`;
      case 'refused':
        return `${member.id}'s fenced write is refused: ${inTerms(report)}`;
      case 'error':
        // Who is cut off tells one with each request.
        return member.isCutOff ? undefined : `${member.id} tells an error: ${report.message}`;
      default:
        return undefined;
    }
  }

  #office({ term, holder, vacatedAt, ...office }: Extract<Report, { is: 'office' }>): void {
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
      return heard === undefined ? '' : `, ${ms(acquiredAt - heard)} after the last heartbeat of ${previous}`;
    }
    return last.vacatedAt === undefined ? '' : `, ${ms(acquiredAt - last.vacatedAt)} after the office fell vacant`;
  }
}

/** Both terms of a refused write. */
export function inTerms({ by, term, found }: { by: 'stamp' | 'check'; term: number; found?: number }): string {
  const where = by === 'stamp' ? 'the item carries' : 'the fence is at';
  return `it carried term ${term}, and ${where} term ${found ?? 'unknown'}`;
}

/** A duration in ms, for people: 3,412 ms. */
export function ms(duration: number): string {
  return `${Math.round(duration).toLocaleString('en-US')} ms`;
}
