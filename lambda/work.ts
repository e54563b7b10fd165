import type { Leadership } from '../lib/election/leadership.js';
export async function lead(leadership: Leadership): Promise<void> {
  void leadership;
}
