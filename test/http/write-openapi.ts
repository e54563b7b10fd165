/** Writes docs/openapi.json, formatted as the house does: npx tsx test/http/write-openapi.ts */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openApiDocument } from '../../lib/http/openapi.js';

const path = fileURLToPath(new URL('../../docs/openapi.json', import.meta.url));
writeFileSync(path, JSON.stringify(openApiDocument({ agent: true }), undefined, 2));
execFileSync('npx', ['biome', 'format', '--write', path], { stdio: 'inherit' });
