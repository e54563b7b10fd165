/** Requests to the AWS services that no SDK client is installed for: signed (Signature Version 4), sent, read. */
import { createHash, createHmac } from 'node:crypto';
import { type Agent, request } from 'node:https';

export interface Account {
  readonly endpoint: string;
  readonly agent: Agent;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
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

function send(account: Account, service: string, given: Record<string, string>, body: string): Promise<string> {
  const url = new URL(account.endpoint);
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const headers: Record<string, string> = { ...given, host: url.host, 'x-amz-date': time };
  const signed = Object.keys(headers).sort();
  const canonical = ['POST', '/', '', ...signed.map((name) => `${name}:${headers[name]}`), '', signed.join(';')];
  const scope = `${time.slice(0, 8)}/${REGION}/${service}/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', time, scope, sha256([...canonical, sha256(body)].join('\n'))].join('\n');
  const { accessKeyId, secretAccessKey } = account.credentials;
  const key = [...scope.split('/')].reduce<string | Buffer>((k, part) => hmac(k, part), `AWS4${secretAccessKey}`);
  const authorization = [
    `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}`,
    `SignedHeaders=${signed.join(';')}`,
    `Signature=${hmac(key, toSign).toString('hex')}`,
  ].join(', ');
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', agent: account.agent, headers: { ...headers, authorization }, timeout: 20_000 };
    const sent = request(url, options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => {
        if (response.statusCode === 200) resolve(text);
        else reject(new Error(`${service} answered ${response.statusCode}: ${text.slice(0, 500)}`));
      });
    });
    sent.on('error', reject).end(body);
  });
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
