/** What each engine says of itself when asked whether it could be used here. */
import type { Command } from './server.js';

/** An engine that is at hand, and how to start it; or what is missing. */
export type Choice =
  | {
      readonly title: string;
      readonly traits: string;
      /** What makes it usable here. */
      readonly found: string;
      /** Brings what is needed to start it, and says how. */
      readonly prepare: (say: (line: string) => void) => Promise<(port: number) => Command>;
    }
  | { readonly title: string; readonly missing: string };
