/** Temporary, until all imports name the new file. */
export { inColumns } from './style.js';
