/** Sentences of the log: who, what, and why. */

/** A duration for people: 3,412 ms. */
function ms(duration: number): string {
  return `${Math.round(duration).toLocaleString('en-US')} ms`;
}

export interface Beginning {
  readonly holder: string;
  readonly previous?: string;
  readonly reason?: string;
  readonly tookMs?: number;
}

/** Why a term began. */
export function whyBegun({ previous, reason, tookMs }: Beginning): string {
  if (previous === undefined) return 'the first leader of this office';
  const later = tookMs === undefined ? '' : `, ${ms(tookMs)} before`;
  switch (reason) {
    case 'expired':
      return `the lease of ${previous} ran out${tookMs === undefined ? '' : `: its last heartbeat was sent ${ms(tookMs)} before`}`;
    case 'resigned':
      return `${previous} gave the office back${later}`;
    case 'yielded':
      return `${previous} handed the office over`;
    case 'revoked':
      return `${previous} was revoked${later}`;
    default:
      return `it came after ${previous}`;
  }
}

/** Why an office is vacant, and when it may be taken. */
export function whyVacant(reason: string | undefined, dead: boolean, successor: string | undefined): string {
  const kept = successor === undefined ? 'it is free at once' : `it is kept for ${successor} for a while`;
  if (reason === 'resigned') return `given back; ${kept}`;
  if (reason === 'expired') return `the lease ran out; ${kept}`;
  if (reason === 'revoked' && dead) return `revoked with proof of death; ${kept}`;
  return `${reason ?? 'no reason told'}; nobody takes it until a whole lease has passed, for its old leader may be alive`;
}

const WHY_LOST: Record<string, string> = {
  superseded: 'the record shows another leader',
  expired: 'its lease had run out when it looked at the clock',
  revoked: 'an operator revoked it',
  resigned: 'it resigned',
  yielded: 'it yielded to a challenger',
  closed: 'it gave the office back before it ended',
};

export const whyLost = (reason: string): string => WHY_LOST[reason] ?? reason;
