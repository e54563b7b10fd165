/** The package's own version: beside this file's folder in the sources, and one up in what is installed. */
import { readFileSync } from 'node:fs';

export function version(): string {
  for (const up of ['../../package.json', '../../../package.json']) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL(up, import.meta.url), 'utf8'));
      if (name === 'tenure') return version;
    } catch {
      // Not there: the next place.
    }
  }
  return 'unknown';
}
