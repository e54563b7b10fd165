/** A candidate that is a function of your own, bundled your way, with your own runtime and layers. */
// #region own-function
import { Election, heartbeater } from 'tenure';
import { lead } from './heartbeater-work.js';

const election = Election.fromEnvironment({ build: process.env.BUILD }); // 1 to 16 letters and digits, new for each deploy
election.on('error', (error) => console.error(error.message));

export const handler = heartbeater(lead, { election });
// #endregion
