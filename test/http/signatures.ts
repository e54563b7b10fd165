/** Signatures of requests to a function URL, judged by another signer than those of the clients: the AWS SDK's own. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LambdaClient } from '@aws-sdk/client-lambda';
import type { Scene } from '../support/scene.js';

export const REGION = 'eu-west-1';
/** Temporary ones, as nearly all are: the token is signed too. */
export const CREDENTIALS = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalr/EXAMPLE+KEY',
  sessionToken: 'a+token/==',
};

/** The credentials as clients get them, and no others. */
export const CREDENTIALS_ENV = {
  AWS_REGION: REGION,
  AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
  AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
  AWS_SESSION_TOKEN: CREDENTIALS.sessionToken,
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  AWS_EC2_METADATA_DISABLED: 'true',
};

/** A request as it was sent. */
export interface Sent {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const client = new LambdaClient({ region: REGION, credentials: CREDENTIALS });

/** What the `authorization` of this request has to be, by its own list of signed headers and its own time. */
export async function expectedAuthorization({ method, url, headers, body }: Sent): Promise<string | undefined> {
  const { protocol, hostname, port, host, pathname, searchParams } = new URL(url);
  const given = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const signed = new Set(/SignedHeaders=([^,]*)/.exec(given.authorization ?? '')?.[1]?.split(';'));
  const time = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(given['x-amz-date'] ?? '');
  if (time === null) return undefined;
  const [year, month, day, hour, minute, second] = time.slice(1);
  const covered = Object.fromEntries(Object.entries({ host, ...given }).filter(([name]) => signed.has(name)));
  const signer = await client.config.signer();
  const request = {
    method,
    protocol,
    hostname,
    ...(port !== '' && { port: Number(port) }),
    path: pathname,
    query: Object.fromEntries(searchParams),
    headers: covered,
    body,
  };
  const again = await signer.sign(request, {
    signingDate: new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`),
    // The SDK hashes the body into a header too, which the function URL does not ask for.
    unsignableHeaders: new Set(signed.has('x-amz-content-sha256') ? [] : ['x-amz-content-sha256']),
  });
  return again.headers.authorization;
}

/** What stands between a client and an agent, as IAM does before a function URL: it lets through what is signed. */
export async function signedGate(
  scene: Scene,
  agentUrl: string,
): Promise<{ readonly url: string; readonly passed: string[]; readonly refused: string[] }> {
  const [passed, refused]: [string[], string[]] = [[], []];
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request);
    const { method = '', url: path = '' } = request;
    const headers = flat(request.headers);
    const url = `http://${headers.host}${path}`;
    const expected = await expectedAuthorization({ method, url, headers, body });
    const signed = expected !== undefined && headers.authorization === expected;
    const reply = signed
      ? await fetch(agentUrl + path, { method, body, headers: { 'content-type': headers['content-type'] ?? '' } })
      : undefined;
    (signed ? passed : refused).push(`${path.split('/').at(-1)} ${headers.authorization ?? 'unsigned'}`);
    response.writeHead(reply?.status ?? 403, { 'content-type': 'application/json' });
    response.end(reply ? await reply.text() : '{"Message":"Forbidden"}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  scene.afterwards(() => new Promise<void>((resolve) => void server.close(() => resolve()).closeAllConnections()));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, passed, refused };
}

const flat = (headers: IncomingHttpHeaders): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const part of request.setEncoding('utf8')) body += part;
  return body;
}
