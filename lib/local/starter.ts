/** Temporary, until all imports name the new file. */
export { watchNpmParent as watchStarter } from './npm-parent.js';
