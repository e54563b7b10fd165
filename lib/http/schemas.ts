/**
 * What comes in and goes out, as schemas: the same ones check the requests and become the OpenAPI document. The error of
 * a field is what was expected of it; the refusal adds what came.
 */
import * as z from 'zod';
import { MAX_ID_BYTES } from '../lease/record.js';
import { MAX_LEASE_MS } from '../lease/timing.js';
import { MAX_REQUEST_WAIT_MS } from '../names/limits.js';
import { PROBLEM_CODES } from './problem.js';

const whole = (least: number, most: number = Number.MAX_SAFE_INTEGER) => {
  const error = `a whole number from ${least} to ${most}`;
  return z.int({ error }).min(least, { error }).max(most, { error });
};
const ms = (least: number, most: number = MAX_LEASE_MS) => {
  const error = `a whole number of milliseconds from ${least} to ${most}`;
  return z.int({ error }).min(least, { error }).max(most, { error });
};
const matching = (pattern: RegExp, error: string) => z.string({ error }).regex(pattern, { error });

/** A number of a query, where all is text. */
const inQuery = <S extends z.ZodType>(schema: S) =>
  z.preprocess((value) => (typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value), schema);

const candidateIdText = `a text of 1 to ${MAX_ID_BYTES} bytes`;
const candidateId = z
  .string({ error: candidateIdText })
  .min(1, { error: candidateIdText })
  .max(MAX_ID_BYTES, { error: candidateIdText })
  .refine((id) => Buffer.byteLength(id) <= MAX_ID_BYTES, { error: candidateIdText })
  .describe("The candidate's id. It proves nothing: the attempt does");

export const electionName = matching(/^[A-Za-z0-9._-]{1,64}$/, '1 to 64 letters, digits, `.`, `_` or `-`').describe(
  'The name of the election',
);
const attempt = matching(/^[A-Za-z0-9_-]{16,64}$/, '16 to 64 letters, digits, `_` or `-`, made at random').describe(
  'Random id of one acquisition, made by the client; a new one for each term it wants',
);
const term = whole(1).describe('The term that acquire gave. It only rises: the fencing token');
const beat = whole(1).describe('Higher than any beat sent in this term before; acquire itself took 0');
const value = z.unknown().describe('What the leader proclaims: any JSON of at most 400 bytes');
const leaseMs = ms(100).describe('How long a leader may lead after its last heartbeat. Default 10000');
const renewMs = ms(10).describe('How often it means to send a heartbeat. Default: 0.3 of the lease');
const waitMs = ms(0, MAX_REQUEST_WAIT_MS).describe('How long this request may wait');
const tag = matching(/^(none|[0-9][0-9a-f.]{2,63})$/, 'a text that an earlier answer gave');

const seen = z
  .strictObject(
    {
      version: tag.describe('The `version` that was seen'),
      unchangedMs: whole(0).describe(
        "How long, by the client's monotonic clock alone: from after the first answer that showed it to before this request",
      ),
    },
    { error: 'an object {version, unchangedMs}' },
  )
  .describe('That the client itself has seen a version unchanged');

export const Acquire = z.strictObject({
  id: candidateId,
  attempt,
  leaseMs: leaseMs.optional(),
  renewMs: renewMs.optional(),
  value: value.optional(),
  waitMs: waitMs.optional().describe('How long the server may watch the leader for this request. Default 0: one look'),
  seen: seen.optional(),
});

const Office = { id: candidateId, term, attempt, beat };
export const Heartbeat = z.strictObject(Office);
export const Proclaim = z.strictObject({ ...Office, value: value.optional() });
export const Resign = z.strictObject({
  ...Office,
  to: candidateId.optional().describe('The candidate that the vacancy is kept for, for two heartbeats'),
});
export const FenceCheck = z.strictObject({ term, attempt: attempt.optional() });

const program = matching(/^[A-Za-z0-9_-]{16,64}$/, '16 to 64 letters, digits, `_` or `-`, made at random').describe(
  'Random id of one run of the program, made by it: two runs never share a leadership',
);

export const Campaign = z.strictObject({
  program,
  id: candidateId.optional(),
  leaseMs: leaseMs.optional(),
  renewMs: renewMs.optional(),
  stepDownMs: ms(0)
    .optional()
    .describe('How long before its end a lease counts as over for the program. Default 0.1 of it'),
  priority: whole(0, 1_000_000).optional().describe('Rank among the candidates, higher first. Default 0'),
  value: value.optional(),
  contactMs: ms(100).optional().describe('The program is dead if it has not asked for so long. Default: the lease'),
  healthUrl: matching(/^https?:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d+)?(\/|$)/, 'a URL on this machine')
    .optional()
    .describe('Asked while it leads: any answer but 2xx makes the candidate resign'),
});
export const LeadershipProclaim = z.strictObject({ program, term, value: value.optional() });
export const LeadershipResign = z.strictObject({ program, to: Resign.shape.to });

export const ObserveQuery = z.strictObject({
  after: tag.optional().describe('The `change` of the last answer: wait until there is another'),
  waitMs: inQuery(waitMs).optional().describe('How long to wait for it. Default 0'),
});
export const LeadershipQuery = z.strictObject({
  program,
  waitMs: inQuery(waitMs).optional().describe('How long to wait for the office, if it is not held. Default 0'),
});
export const HealthQuery = z.strictObject({
  election: electionName,
  id: candidateId
    .optional()
    .describe('The candidate that the record must show in office. Of an agent, default: its own candidate'),
});
export const NoQuery = z.strictObject({});

const at = (what: string) => z.number().optional().describe(`${what}, epoch ms by the clock of its writer`);
const milliseconds = z.number().min(0);

/** Without its attempt, which is the key to the term that it may be handed. */
const Challenger = z.strictObject({
  id: z.string(),
  rank: z.int(),
  why: z.string(),
  to: z.string().optional().describe('In whose favour the leader is asked to resign'),
});

/** The office as it was seen. */
export const OfficeState = z
  .strictObject({
    election: z.string(),
    term: z.int().describe('The term of the holder, or of the last one; 0 before the first'),
    beat: z.int(),
    version: z.string().describe('Another one after every heartbeat: what `seen.version` of acquire takes'),
    change: z.string().describe('Another one after every change of office: what `after` of observe takes'),
    holder: z.string().optional().describe('The leader; absent while the office is vacant'),
    value: z.unknown().optional().describe('What the leader proclaims'),
    acquiredAt: at('When the term began'),
    renewedAt: at('When the last heartbeat was sent'),
    ageMs: z.number().optional().describe("The server's clock less `renewedAt`: a hint, not proof of life"),
    vacatedAt: at('When the office became vacant'),
    previous: z.string().optional().describe('The leader before'),
    reason: z.string().optional().describe('How that ended: resigned, yielded, expired, revoked'),
    successor: z.string().optional().describe('The vacancy is kept for this candidate'),
    dead: z.boolean().describe('A revoked holder is proved dead'),
    challenger: Challenger.optional(),
    leaseMs: z.int().optional(),
    renewMs: z.int().optional(),
    priority: z.int().optional(),
    takeoverMs: milliseconds
      .optional()
      .describe('Unchanged for so long by one monotonic clock, this version is expired: the lease and the drift'),
  })
  .meta({ id: 'Office' });

export const InOffice = z
  .strictObject({
    election: z.string(),
    id: z.string(),
    term: z.int(),
    attempt: z.string(),
    beat: z.int().describe('The next heartbeat takes a higher one'),
    leaseMs: z.int(),
    renewMs: z.int(),
  })
  .meta({
    id: 'InOffice',
    description:
      'In office, and the fence is raised. **No lease yet**: the first heartbeat that is answered 200 gives it',
  });

export const Extended = z
  .strictObject({
    election: z.string(),
    term: z.int(),
    beat: z.int(),
    leaseMs: z.int(),
    renewMs: z.int(),
    holdMs: milliseconds.describe(
      'The lease less the drift. Counts from **before this request was sent**, by the larger of monotonic and wall clock',
    ),
    challenger: Challenger.optional(),
    yields: z.boolean().describe('An operator asks for the office: stop the work, then resign'),
  })
  .meta({ id: 'Extended' });

export const Released = z
  .strictObject({ election: z.string(), term: z.int(), released: z.literal(true) })
  .meta({ id: 'Released', description: 'The term is over' });

export const Passed = z
  .strictObject({ election: z.string(), term: z.int(), passes: z.literal(true) })
  .meta({ id: 'Passed', description: 'When it was looked at, no later term had begun its work' });

export const AgentLeadership = z
  .strictObject({
    election: z.string(),
    id: z.string(),
    state: z.enum(['idle', 'standby', 'contending', 'leading', 'stepping down', 'closed']),
    held: z.boolean().describe('The program may work'),
    term: z.int().optional().describe('The term that is held'),
    remainingMs: milliseconds.describe(
      'For so long the program may work, counted from **before this request was sent**; 0 if it may not',
    ),
    contactMs: z.int().describe('The program must ask again within this time'),
    ended: z.string().optional().describe('Why the candidacy ended'),
  })
  .meta({ id: 'Leadership' });

export const LeadershipEnded = z.strictObject({ election: z.string(), id: z.string(), released: z.boolean() }).meta({
  id: 'LeadershipEnded',
  description: '`released: false`: the table was not reached; it costs others at most a lease',
});

export const Leads = z.strictObject({ election: z.string(), id: z.string(), term: z.int() }).meta({ id: 'Leads' });

const ProblemBody = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string().describe('What was expected, what came, what to do'),
    code: z.enum(PROBLEM_CODES),
    office: OfficeState.optional().describe('The office as it was seen'),
    retryAfterMs: milliseconds
      .optional()
      .describe('The office may be free for this candidate then, if nothing changes'),
    reason: z.string().optional().describe('LeadershipLost: how the term ended'),
    beat: z.int().optional().describe('BeatTaken: the beat that the record has'),
    fenceTerm: z.int().optional().describe('The term that the fence is at'),
  })
  .meta({ id: 'Problem' });

/** Every schema that the document names. */
export const NAMED = {
  OfficeState,
  InOffice,
  Extended,
  Released,
  Passed,
  AgentLeadership,
  LeadershipEnded,
  Leads,
  ProblemBody,
};
