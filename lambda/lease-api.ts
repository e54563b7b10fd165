/** The lease API as a Lambda function behind a function URL, with access by IAM. */
import { handle } from 'hono/aws-lambda';
import { leaseApi } from '../lib/http/app.js';
import { ENVIRONMENT } from '../lib/names/environment.js';
import { required } from './shared/environment.js';
import { loggerOf } from './shared/telemetry.js';

const logger = loggerOf('lease-api');
const names = process.env[ENVIRONMENT.elections] || undefined;
const drift = process.env[ENVIRONMENT.drift] || undefined;

const { app } = leaseApi(
  {
    tableName: required(ENVIRONMENT.table),
    elections: names?.split(','),
    drift: drift === undefined ? undefined : Number(drift), // a text that is not a number is refused there
  },
  { report: (error) => logger.error('A request failed', error as Error) },
);

export const handler = handle(app);
