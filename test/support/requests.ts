/** Which write of the protocol a request is: what the rules of the fault proxy ask. */
import type { SeenRequest } from './fault-proxy.js';

interface Body {
  readonly Key?: { readonly sk?: { readonly S?: string } };
  readonly UpdateExpression?: string;
  readonly ConditionExpression?: string;
}

/** On the record: on the fence there are only `raise` and a read. */
const update = ({ op, body }: SeenRequest, expression: RegExp, condition = /./): boolean => {
  const { Key, UpdateExpression = '', ConditionExpression = '' } = body as Body;
  const onRecord = op === 'UpdateItem' && Key?.sk?.S === 'leader';
  return onRecord && expression.test(UpdateExpression) && condition.test(ConditionExpression);
};

export const isRead = ({ op }: SeenRequest): boolean => op === 'GetItem';
export const isWrite = ({ op }: SeenRequest): boolean => op === 'UpdateItem';
export const isCreate = (request: SeenRequest): boolean => update(request, /./, /^attribute_not_exists\(#pk\)/);
export const isAcquire = (request: SeenRequest): boolean => update(request, /#acquiredAt/, /^#term = \S+ AND #beat = /);
/** A renewal, with or without a proclamation. */
export const isHeartbeat = (request: SeenRequest): boolean => update(request, /^SET #beat = \S+, #renewedAt/);
export const isResign = (request: SeenRequest): boolean => update(request, /^SET #beat = \S+, #vacatedAt/, /#attempt/);
export const isHandOver = (request: SeenRequest): boolean => update(request, /#acquiredAt/, /#challenger\.#attempt/);
export const isChallenge = (request: SeenRequest): boolean => update(request, /^SET #challenger = /);
export const isRevoke = (request: SeenRequest): boolean =>
  update(request, /#vacatedAt|#dead/) && !isResign(request) && !isHeartbeat(request) && !isAcquire(request);
export const isRaise = ({ op, body }: SeenRequest): boolean =>
  op === 'UpdateItem' && (body as Body).Key?.sk?.S === 'fence';
