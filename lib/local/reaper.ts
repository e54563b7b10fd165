/** Temporary, until all imports name the new file. */
export { endWithParent as tie } from './end-with-parent.js';
