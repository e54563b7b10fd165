/**
 * Proof of death (section 8): an ECS task that is reported as stopped, and holds the office, is removed from it. It is
 * proved dead only where the host cannot go on running it, which is Fargate. Elsewhere its lease must run out first.
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
  /** Whether it is proved dead: its host cannot go on running it. */
  readonly isProof: boolean;
}

/** Reads an event `ECS Task State Change`, or says what was expected and what came. */
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

/** The outcome, in words. */
export interface Burial {
  readonly revoked: boolean;
  readonly why: string;
}

/**
 * Revokes the term that a stopped task holds.
 * @throws TenureError `RequestFailed` if another try may help
 */
export async function buryLeader(election: Election, { taskId, stopped, isProof }: TaskState): Promise<Burial> {
  if (!stopped) return { revoked: false, why: `task ${taskId} has not stopped yet` };
  const { holder, term, reason, previous, dead } = await election.leader();
  // A revoke without the proof may have come before: the proof is added to the vacancy.
  const isOfTask = (id: string | undefined) => id !== undefined && belongsTo(id, taskId);
  const late = isProof && !dead && holder === undefined && reason === 'revoked' && isOfTask(previous);
  const leader = late ? previous : holder;
  if (leader === undefined || !isOfTask(leader)) {
    return { revoked: false, why: `task ${taskId} does not hold the office: ${holder ?? 'nobody'} does` };
  }
  const { revoked } = await election.revoke({ term, holder: leader, dead: isProof });
  const proof = isProof ? 'proved dead' : 'not proved dead, so its lease must run out first';
  return {
    revoked,
    why: revoked ? `${leader} is revoked from term ${term}, ${proof}` : `${leader} has lost term ${term} already`,
  };
}

/** Whether the id is of this task: the id that the library makes, or exactly the task's id. */
function belongsTo(id: string, taskId: string): boolean {
  return id === taskId || id === `${TASK_PREFIX}${taskId}` || id.startsWith(`${TASK_PREFIX}${taskId}-`);
}
