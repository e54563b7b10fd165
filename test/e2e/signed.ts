/** Requests to the AWS services that no SDK client is installed for: signed (Signature Version 4), sent, read. */
import { createHash, createHmac } from 'node:crypto';
import { type Agent, request } from 'node:https';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of temporary ones. */
  readonly sessionToken?: string;
}

export interface Account {
  readonly endpoint: string;
  readonly agent: Agent;
  readonly credentials: Credentials;
}

/** A request to whatever answers at the account's endpoint. */
interface Asked {
  readonly method: string;
  readonly path: string;
  /** Lower case, with `host`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
}

export const REGION = 'us-east-1';

/** A service of the JSON protocol, e.g. `json(account, 'logs', 'Logs_20140328.DescribeLogGroups', {})`. */
export async function json<T>(account: Account, service: string, target: string, input: object): Promise<T> {
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target };
  return JSON.parse(await send(account, service, headers, JSON.stringify(input))) as T;
}

/** A service of the query protocol; the answer is XML. */
export function query(account: Account, service: string, version: string, input: Record<string, string>) {
  const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
  return send(account, service, headers, new URLSearchParams({ ...input, Version: version }).toString());
}

/** The texts of an element, wherever it is in an answer. */
export function texts(xml: string, element: string): string[] {
  return [...xml.matchAll(new RegExp(`<${element}>([^<]*)</${element}>`, 'g'))].map(([, text = '']) => text);
}

async function send(account: Account, service: string, given: Record<string, string>, body: string): Promise<string> {
  const headers = { ...given, host: new URL(account.endpoint).host };
  const asked = { method: 'POST', path: '/', headers, body };
  const { status, text } = await exchange(account, sign(asked, service, account.credentials));
  if (status === 200) return text;
  throw new Error(`${service} answered ${status}: ${text.slice(0, 500)}`);
}

/** The same request, signed. */
export function sign(asked: Asked, service: string, credentials: Credentials): Asked {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const headers: Record<string, string> = {
    ...asked.headers,
    'x-amz-date': time,
    ...(sessionToken !== undefined && { 'x-amz-security-token': sessionToken }),
  };
  const signed = Object.keys(headers).sort();
  const [path, query = ''] = asked.path.split('?');
  const lines = signed.map((name) => `${name}:${headers[name]}`);
  const canonical = [asked.method, path, query, ...lines, '', signed.join(';'), sha256(asked.body)];
  const scope = `${time.slice(0, 8)}/${REGION}/${service}/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', time, scope, sha256(canonical.join('\n'))].join('\n');
  const key = [...scope.split('/')].reduce<string | Buffer>((k, part) => hmac(k, part), `AWS4${secretAccessKey}`);
  const authorization = [
    `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}`,
    `SignedHeaders=${signed.join(';')}`,
    `Signature=${hmac(key, toSign).toString('hex')}`,
  ].join(', ');
  return { ...asked, headers: { ...headers, authorization } };
}

/** Sends a request to the account's endpoint as it is, whichever host it asks for. */
export function exchange({ endpoint, agent }: Account, { method, path, headers, body }: Asked): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { method, agent, headers, timeout: 60_000, servername: new URL(endpoint).hostname };
    const sent = request(new URL(path, endpoint), options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    sent.on('error', reject).on('timeout', () => sent.destroy(new Error(`${method} ${path}: no answer in 60 s`)));
    sent.end(body);
  });
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
