/** Temporary, until all imports name the new files. */
export { showMs } from '../names/durations.js';
export { parseDurationMs } from './option-values.js';
