/** The lease API as its clients meet it: by real HTTP, or by the events of a function URL. Every answer is held against the document. */
import { randomBytes } from 'node:crypto';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { LambdaEvent } from 'hono/aws-lambda';
import { type AgentOptions, startAgent } from '../../lib/http/agent.js';
import { openApiDocument } from '../../lib/http/openapi.js';
import { engineEnv } from '../../lib/local/engine.js';
import type { Scene } from '../support/scene.js';
import type { TestTable } from '../support/table.js';

/** An answer, read as JSON. */
export interface ApiReply {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests read any field of any answer; its shape is held against the document
  readonly body: any;
}

export interface Host {
  /** Asks; a body is sent as JSON. */
  ask(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<ApiReply>;
}

const documents = { agent: openApiDocument({ agent: true }), lambda: openApiDocument({ agent: false }) };
type Kind = keyof typeof documents;

const validators = Object.fromEntries(
  Object.entries(documents).map(([kind, document]) => {
    const ajv = new Ajv2020({ strict: false, allErrors: true });
    ajv.addSchema(document, kind);
    return [kind, ajv];
  }),
) as unknown as Record<Kind, Ajv2020>;

const escaped = (part: string): string => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));

/** Throws unless the document says that this request may be answered like this. */
function holdAgainstDocument(kind: Kind, method: string, path: string, { status, headers, body }: ApiReply): void {
  const paths = documents[kind].paths as Record<string, Record<string, { responses: Record<string, unknown> }>>;
  const bare = path.split('?')[0]!;
  const known = Object.keys(paths).find((one) => new RegExp(`^${one.replace('{name}', '[^/]*')}$`).test(bare));
  const operation = known && paths[known]![method.toLowerCase()];
  // What the document does not know is only ever refused.
  if (!operation && status < 400) throw new Error(`${method} ${path} is answered ${status}, and not in the document`);
  const type = status < 400 ? 'application/json' : 'application/problem+json';
  if (headers.get('content-type')?.split(';')[0] !== type) {
    throw new Error(`${method} ${path}: ${status} with content-type ${headers.get('content-type')}`);
  }
  if (operation && !(status in operation.responses))
    throw new Error(`${method} ${path}: ${status} is not in the document`);
  const where =
    status < 400
      ? `#/paths/${escaped(known!)}/${method.toLowerCase()}/responses/200/content/application~1json/schema`
      : '#/components/schemas/Problem';
  const validate = validators[kind].getSchema(`${kind}${where}`);
  if (validate === undefined) throw new Error(`no schema at ${where}`);
  if (!validate(body))
    throw new Error(`${method} ${path}: ${JSON.stringify(validate.errors)} in ${JSON.stringify(body)}`);
}

/** An agent on a free port, closed at the end of the test. */
export async function agentHost(
  scene: Scene,
  options: Partial<AgentOptions> = {},
): Promise<Host & { readonly url: string; close(): Promise<void> }> {
  const { tableName } = scene.table;
  // Patient with a noisy machine: what is tested is not how quick it is.
  const patience = { requestTimeoutMs: 10_000 };
  const client = options.client ?? scene.client(undefined, patience.requestTimeoutMs);
  const agent = await startAgent({ tableName, port: 0, ...patience, ...options, client });
  scene.afterwards(() => agent.close());
  return { url: agent.url, close: () => agent.close(), ask: (...request) => askByHttp(agent.url, ...request) };
}

async function askByHttp(
  url: string,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<ApiReply> {
  const response = await fetch(url + path, {
    method,
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
  });
  const reply = { status: response.status, headers: response.headers, body: await response.json() };
  holdAgainstDocument('agent', method, path, reply);
  return reply;
}

/** The function, as the runtime calls it. One module, one table: it reads its environment once. */
export async function lambdaHost(table: TestTable): Promise<Host> {
  Object.assign(process.env, engineEnv(table.endpoint), { TENURE_TABLE: table.tableName, TENURE_DRIFT: '0.01' });
  const { handler } = await import('../../lambda/lease-api.js');
  return {
    async ask(method, path, body, headers = {}) {
      const sent = { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers };
      const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
      const result = (await handler(functionUrlEvent(method, path, sent, text))) as {
        statusCode: number;
        headers: Record<string, string>;
        body: string;
        isBase64Encoded: boolean;
      };
      const json = result.isBase64Encoded ? Buffer.from(result.body, 'base64').toString() : result.body;
      const reply = { status: result.statusCode, headers: new Headers(result.headers), body: JSON.parse(json) };
      holdAgainstDocument('lambda', method, path, reply);
      return reply;
    },
  };
}

/** A request as a function URL with IAM hands it to its function: payload format 2.0. */
function functionUrlEvent(
  method: string,
  path: string,
  headers: Record<string, string>,
  body: string | undefined,
): LambdaEvent {
  const [rawPath = '/', rawQueryString = ''] = path.split('?');
  const query = [...new URLSearchParams(rawQueryString)];
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString,
    headers: {
      accept: '*/*',
      'content-length': `${body?.length ?? 0}`,
      host: 'abcdefgh.lambda-url.eu-west-1.on.aws',
      'x-amz-date': '20261121T100000Z',
      'x-forwarded-for': '192.0.2.1',
      'x-forwarded-port': '443',
      'x-forwarded-proto': 'https',
      ...headers,
    },
    ...(query.length > 0 && { queryStringParameters: Object.fromEntries(query) }),
    requestContext: {
      accountId: '123456789012',
      apiId: 'abcdefgh',
      authentication: null,
      authorizer: {
        iam: {
          accessKey: 'AKIAEXAMPLE',
          accountId: '123456789012',
          callerId: 'AIDAEXAMPLE',
          cognitoIdentity: null,
          principalOrgId: null,
          userArn: 'arn:aws:iam::123456789012:user/worker',
          userId: 'AIDAEXAMPLE',
        },
      },
      domainName: 'abcdefgh.lambda-url.eu-west-1.on.aws',
      domainPrefix: 'abcdefgh',
      http: { method, path: rawPath, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'curl/8.0' },
      requestId: '00000000-0000-4000-8000-000000000000',
      routeKey: '$default',
      stage: '$default',
      time: '21/Nov/2026:10:00:00 +0000',
      timeEpoch: 1_795_255_200_000,
    },
    ...(body !== undefined && { body: Buffer.from(body).toString('base64') }),
    isBase64Encoded: body !== undefined,
  } as unknown as LambdaEvent;
}

/** A candidate that is nothing but its requests. */
export class Client {
  readonly id: string;
  attempt = randomBytes(12).toString('hex');
  term = 0;
  beat = 0;

  constructor(
    private readonly host: Host,
    private readonly election: string,
    id: string,
  ) {
    this.id = id;
  }

  post(what: string, body: object): Promise<ApiReply> {
    return this.host.ask('POST', `/elections/${this.election}/${what}`, body);
  }

  async acquire(wishes: object = {}): Promise<ApiReply> {
    const { id, attempt } = this;
    const reply = await this.post('acquire', { id, attempt, leaseMs: 2_000, renewMs: 500, ...wishes });
    if (reply.status === 200) Object.assign(this, { term: reply.body.term, beat: reply.body.beat });
    return reply;
  }

  /** With the next beat, by default. */
  send(what: 'heartbeat' | 'proclaim' | 'resign', fields: object = {}): Promise<ApiReply> {
    this.beat += 1;
    const { id, term, attempt, beat } = this;
    return this.post(what, { id, term, attempt, beat, ...fields });
  }
}
