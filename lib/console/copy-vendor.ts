/** A step of `npm run build`: puts the page's charting library beside what was built. */
import { copyVendor } from './vendor.js';

copyVendor();
