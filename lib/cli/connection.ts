/** Which table, where, and with what client: from the options that all commands share, and the environment. */
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { Election } from '../election/election.js';
import { OUTSIDE } from '../election/options.js';
import type { ElectionOptions } from '../index.js';
import type { Where } from './explain-error.js';
import { usage } from './failure.js';

/** The options of every command. */
export interface SharedOptions {
  readonly table: string;
  readonly region?: string;
  readonly endpoint?: string;
  readonly json?: boolean;
  readonly color: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

export class Connection implements Where {
  readonly tableName: string;
  readonly #config: DynamoDBClientConfig;
  readonly #endpoint: string | undefined;
  readonly #opened: { destroy(): void }[] = [];
  #client: DynamoDBClient | undefined;

  constructor({ table, region, endpoint }: SharedOptions, env: Environment = process.env) {
    if (endpoint !== undefined && !(URL.canParse(endpoint) && /^https?:/.test(endpoint))) {
      throw usage(`--endpoint must be a URL such as http://127.0.0.1:8000, but is ${JSON.stringify(endpoint)}.`);
    }
    this.tableName = table;
    this.#endpoint = endpoint ?? (env.AWS_ENDPOINT_URL_DYNAMODB || env.AWS_ENDPOINT_URL || undefined);
    this.#config = {
      ...(endpoint !== undefined && { endpoint }),
      ...(region !== undefined && { region }),
      ...(this.#endpoint !== undefined && isHere(this.#endpoint) && localDefaults(env, region)),
    };
  }

  get place(): string {
    if (this.#endpoint !== undefined) return `at ${this.#endpoint}`;
    const region = this.#config.region ?? process.env.AWS_REGION;
    return typeof region === 'string' && region !== '' ? `in ${region}` : 'in the Region of your AWS configuration';
  }

  /** Settings for any client of the SDK. */
  get config(): Pick<DynamoDBClientConfig, 'region' | 'endpoint' | 'credentials'> {
    return this.#config;
  }

  /** The same for the table's streams, which an engine on this machine has at the same endpoint. */
  get streamsConfig(): Pick<DynamoDBClientConfig, 'region' | 'endpoint' | 'credentials'> {
    const here = this.#endpoint !== undefined && isHere(this.#endpoint);
    return here ? { ...this.#config, endpoint: this.#endpoint } : this.#config;
  }

  /** A client for one-shot requests; closed with the connection. */
  get client(): DynamoDBClient {
    this.#client ??= this.clientWith({
      requestHandler: { connectionTimeout: 2_000, requestTimeout: 4_000, throwOnRequestTimeout: true },
    });
    return this.#client;
  }

  clientWith(settings: DynamoDBClientConfig): DynamoDBClient {
    const client = new DynamoDBClient({ ...settings, ...this.#config });
    this.#opened.push(client);
    return client;
  }

  /** Has `opened` closed with the connection. */
  closes<T extends { destroy(): void }>(opened: T): T {
    this.#opened.push(opened);
    return opened;
  }

  /** An election seen from outside: it never campaigns. */
  election(name: string, options: Partial<ElectionOptions> = {}): Election {
    return new Election({ name, tableName: this.tableName, client: this.client, ...OUTSIDE, ...options });
  }

  close(): void {
    for (const opened of this.#opened.splice(0)) opened.destroy();
  }
}

const HERE = /^(localhost|127(\.\d+){3}|\[::1\]|host\.docker\.internal)$/;
const isHere = (endpoint: string): boolean => URL.canParse(endpoint) && HERE.test(new URL(endpoint).hostname);

/** An engine on this machine takes any credentials and any Region: none need be set for it. */
function localDefaults(env: Environment, region: string | undefined): DynamoDBClientConfig {
  return {
    ...(region === undefined && !env.AWS_REGION && !env.AWS_PROFILE && { region: 'us-east-1' }),
    ...(!env.AWS_ACCESS_KEY_ID &&
      !env.AWS_PROFILE && { credentials: { accessKeyId: 'local', secretAccessKey: 'local' } }),
  };
}
