/**
 * The entry `tenure/http`: the lease API over HTTP, for programs in any language.
 * @module
 */
export { type Agent, type AgentOptions, startAgent } from './agent.js';
export type { LeaseApiOptions } from './api-table.js';
export { type LeaseApi, leaseApi } from './app.js';
export { openApiDocument } from './openapi.js';
