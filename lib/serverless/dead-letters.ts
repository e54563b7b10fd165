/**
 * A function sends what it cannot read to the dead-letter queue, whole and with the reason, so that it never blocks what
 * follows. The queue's own redrive carries no reason, and a stream's failure destination carries no record.
 */

/** Sends one message to the dead-letter queue. Rejects if it could not: then the malformed input is tried again. */
export type Bury = (body: string, attributes: Readonly<Record<string, string>>) => Promise<void>;

/** How much of a reason fits beside the message. */
const MAX_REASON = 1_000;

/**
 * Sends malformed input to the dead-letter queue.
 * @param what the message, record or event as it came: text is sent as it is, anything else as JSON
 * @param source the function that could not read it
 * @param reason what was expected, and what came
 */
export async function buryMalformed(bury: Bury, what: unknown, source: string, reason: string): Promise<void> {
  const body = typeof what === 'string' ? what : (JSON.stringify(what) ?? String(what));
  // An SQS body must not be empty, and it may contain only characters of XML, which excludes most control characters.
  await bury(body === '' ? '""' : allowed(body), { source, reason: allowed(reason).slice(0, MAX_REASON) });
}

/** Escapes the characters that a message may not contain. Invalid Unicode becomes the replacement character. */
function allowed(text: string): string {
  return Buffer.from(text)
    .toString()
    .replace(/[\p{Cc}\ufffe\uffff]/gu, (character) =>
      '\t\n\r'.includes(character) ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
}
