#!/usr/bin/env node
/** The command line `tenure`: see docs/cli.md. */
import { main } from '../lib/cli/main.js';

process.exitCode = await main(process.argv.slice(2));
