/** Runs before each test file: the SDK's notice about Node versions is not the tests' business. */
import { quietSdk } from '../../lib/local/engine.js';

quietSdk();
