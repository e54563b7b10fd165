/** An end that a command has foreseen: a message for people, and the exit code. */
import { EXIT } from './exit-codes.js';

export class Failure extends Error {
  constructor(
    message: string,
    readonly exitCode: number = EXIT.failed,
  ) {
    super(message);
  }
}

export const usage = (message: string): Failure => new Failure(message, EXIT.usage);
