export const ORDERS = ['priority', 'seniority', 'ring'] as const;
/** In which order a vacancy passes on to those that stand (protocol, section 6). */
export type Order = (typeof ORDERS)[number];
