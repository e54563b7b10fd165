/** Runs before each test file that only computes: it leaves the cores to those that wait for the clock as well. */
import { getPriority, setPriority } from 'node:os';

/** A third of the share of a process that asks for nothing. More modest, it would never end on a machine that is busy. */
const MODEST = 5;

if (getPriority() < MODEST) setPriority(MODEST);
