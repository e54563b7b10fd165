/** The types of `install.mjs`, which has to be JavaScript: it runs before there is a TypeScript. */
export function nodeComplaint(root: string, version?: string): string | undefined;
export function whatIsMissing(root: string): string | undefined;
export function ensureInstalled(root: string, options?: { say?: (line: string) => void }): Promise<boolean>;
