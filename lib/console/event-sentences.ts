/** The sentences of the console's log that say why. Pure. */
import { exactMs } from '../names/durations.js';

export interface TermStart {
  readonly previous?: string;
  readonly reason?: string;
  readonly tookMs?: number;
}

/** Why a term began. */
export function whyTermBegan({ previous, reason, tookMs }: TermStart): string {
  if (previous === undefined) return 'the first leader of this office';
  const later = tookMs === undefined ? '' : `, ${exactMs(tookMs)} before`;
  switch (reason) {
    case 'expired':
      return `the lease of ${previous} ran out${tookMs === undefined ? '' : `: its last heartbeat was sent ${exactMs(tookMs)} before`}`;
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
  return `${reason ?? 'no reason given'}; nobody takes it until a whole lease has passed, for its old leader may be alive`;
}
