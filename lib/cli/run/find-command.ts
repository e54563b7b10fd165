/** Checks that the command can be run before the process campaigns: to win an election without it would be of no use. */
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { EXIT, Failure } from '../failure.js';

/** @throws Failure 127 if it is not there, 126 if it is there and cannot be run */
export function checkCommand(command: string, path = process.env.PATH ?? '/usr/bin:/bin'): void {
  const places = command.includes('/')
    ? [command]
    : path.split(delimiter).map((folder) => join(folder || '.', command));
  const found = places.filter(isFile);
  if (found.some(isExecutable)) return;
  if (found.length > 0) {
    throw new Failure(`${found[0]} cannot be run: it is not executable. Try: chmod +x ${found[0]}`, EXIT.notExecutable);
  }
  const where = command.includes('/') ? 'there is no such file' : 'it is in no folder of PATH';
  throw new Failure(
    `The command ${JSON.stringify(command)} was not found: ${where}. A line for a shell needs one: sh -c '...'`,
    EXIT.notFound,
  );
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
