/**
 * Proof of death (section 8): an ECS task that is reported stopped, and holds the office, is removed from it. Proof it is
 * only where the host cannot go on running it, which is Fargate; elsewhere the lease it may believe in is waited out.
 */
import * as z from 'zod/mini';
import type { Election } from '../election/election.js';
import { TASK_PREFIX } from '../election/environment.js';
import { show } from '../lease/errors.js';

const STOPPED = z.object({
  source: z.literal('aws.ecs'),
  'detail-type': z.literal('ECS Task State Change'),
  detail: z.object({
    taskArn: z.string().check(z.regex(/^arn:[^:]*:ecs:[^:]*:[^:]*:task\/(?:[^/]+\/)?[0-9A-Za-z-]{8,64}$/)),
    lastStatus: z.string(),
    launchType: z.optional(z.string()),
    capacityProviderName: z.optional(z.string()),
  }),
});

/** A task that has stopped, or is about to. */
export interface TaskState {
  readonly taskId: string;
  readonly stopped: boolean;
  /** Its host cannot go on running it. */
  readonly isProof: boolean;
}

/** Reads an event of the kind `ECS Task State Change`; or says what was expected, and what came. */
export function parseTaskState(event: unknown): TaskState | { readonly malformed: string } {
  const { data } = STOPPED.safeParse(event);
  if (data === undefined) {
    const expected = '`ECS Task State Change` of aws.ecs with `detail` {taskArn, lastStatus}';
    return { malformed: `expected an event ${expected}, but got ${show(event)}` };
  }
  const { taskArn, lastStatus, launchType, capacityProviderName } = data.detail;
  const isProof = launchType === 'FARGATE' || /^FARGATE(_SPOT)?$/.test(capacityProviderName ?? '');
  return { taskId: taskArn.slice(taskArn.lastIndexOf('/') + 1), stopped: lastStatus === 'STOPPED', isProof };
}

/** What came of it, in words. */
export interface Burial {
  readonly revoked: boolean;
  readonly why: string;
}

/**
 * Revokes the term that a stopped task holds.
 * @throws TenureError `RequestFailed` where a try may be worth it again
 */
export async function buryLeader(election: Election, { taskId, stopped, isProof }: TaskState): Promise<Burial> {
  if (!stopped) return { revoked: false, why: `task ${taskId} has not stopped yet` };
  const { holder, term, reason, previous, dead } = await election.leader();
  // A revoke without the proof may have come before: the proof is added to the vacancy.
  const isTheirs = (id: string | undefined) => id !== undefined && belongsTo(id, taskId);
  const late = isProof && !dead && holder === undefined && reason === 'revoked' && isTheirs(previous);
  const who = late ? previous : holder;
  if (who === undefined || !isTheirs(who)) {
    return { revoked: false, why: `task ${taskId} does not hold the office: ${holder ?? 'nobody'} does` };
  }
  const { revoked } = await election.revoke({ term, holder: who, dead: isProof });
  const proof = isProof ? 'proved dead' : 'not proved dead, so its lease is waited out';
  return {
    revoked,
    why: revoked ? `${who} is revoked from term ${term}, ${proof}` : `${who} has lost term ${term} already`,
  };
}

/** A candidate of this task: the id that the library gives it, or one that is the task's id to the letter. */
function belongsTo(id: string, taskId: string): boolean {
  return id === taskId || id === `${TASK_PREFIX}${taskId}` || id.startsWith(`${TASK_PREFIX}${taskId}-`);
}
