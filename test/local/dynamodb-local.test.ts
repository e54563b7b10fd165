/** Fetching DynamoDB Local, with programs that stand in for Maven: whole or not at all, and errors to act on. */
import { mkdir, readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { fetchDynamoDbLocal } from '../../lib/local/dynamodb-local.js';
import { bareFolder, eachOnItsOwn, program, tempFolder } from './helpers.js';

eachOnItsOwn();

describe('fetching with Maven', () => {
  test('two at once both end with a whole engine', async () => {
    const folder = await tempFolder();
    const bin = await bareFolder();
    await program(
      bin,
      'mvn',
      `for a; do case $a in -DoutputDirectory=*) echo whole > "\${a#*=}/DynamoDBLocal-3.1.0.jar"; esac; done`,
    );
    vi.stubEnv('PATH', bin);
    const said: string[] = [];
    const target = join(folder, 'dynamodb-local-3.1.0');
    const fetch = () => fetchDynamoDbLocal(target, (line) => said.push(line));
    await Promise.all([fetch(), fetch(), fetch()]);
    expect(await readdir(folder)).toEqual(['dynamodb-local-3.1.0']);
    expect(await readdir(target)).toEqual(['DynamoDBLocal-3.1.0.jar']);
    expect(said).toHaveLength(3);
    expect(said[0]).toContain('fetching DynamoDB Local 3.1.0 with Maven');
  });

  test('what killed fetches left is swept away, what may be at work is not', async () => {
    const folder = await tempFolder();
    const bin = await bareFolder();
    await program(bin, 'mvn', 'exit 1');
    vi.stubEnv('PATH', bin);
    for (const name of ['engine.unfinished-old', 'engine.unfinished-new', 'other']) await mkdir(join(folder, name));
    const anHourAgo = Date.now() / 1000 - 3_600;
    for (const name of ['engine.unfinished-old', 'other']) await utimes(join(folder, name), anHourAgo, anHourAgo);
    await expect(fetchDynamoDbLocal(join(folder, 'engine'), () => {})).rejects.toThrow('Maven failed');
    expect(await readdir(folder)).toEqual(['engine.unfinished-new', 'other']);
  });

  test('a Maven that fails is quoted, and leaves nothing behind', async () => {
    const folder = await tempFolder();
    const bin = await bareFolder();
    await program(bin, 'mvn', `echo '[ERROR] Unknown host repo.example'; exit 1`);
    vi.stubEnv('PATH', bin);
    await expect(fetchDynamoDbLocal(join(folder, 'engine'), () => {})).rejects.toThrow(
      /^Maven failed \(1\) while fetching DynamoDB Local 3\.1\.0\..* Its last words:\n\[ERROR\] Unknown host repo\.example$/,
    );
    expect(await readdir(folder)).toEqual([]);
  });

  test('a Maven that brings nothing is not believed', async () => {
    const folder = await tempFolder();
    const bin = await bareFolder();
    await program(bin, 'mvn', 'exit 0');
    vi.stubEnv('PATH', bin);
    await expect(fetchDynamoDbLocal(join(folder, 'engine'), () => {})).rejects.toThrow(
      'brought no DynamoDBLocal-3.1.0.jar',
    );
    expect(await readdir(folder)).toEqual([]);
  });
});
