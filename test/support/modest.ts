/** Runs before each test file that only computes: it leaves the cores to those that wait for the clock as well. */
import { getPriority, setPriority } from 'node:os';

/** A tenth of the share of a process that asks for nothing: more modest, it would never end on a machine that is busy. */
const MODEST = 10;

if (getPriority() < MODEST) setPriority(MODEST);
