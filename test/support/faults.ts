/** The faults that the fault proxy knows, and what each does to a request, step by step. */

export type Fault =
  /** Lost on its way: never forwarded, and the client's connection is reset. */
  | { readonly kind: 'drop-request' }
  /** Forwarded and applied, but the answer is lost: the connection is reset, or nothing ever comes. */
  | { readonly kind: 'lose-reply'; readonly by: 'reset' | 'hang' }
  /** Never forwarded, never answered. */
  | { readonly kind: 'hang' }
  /** Slow on its way to the engine, or on its way back, or both. */
  | { readonly kind: 'delay'; readonly beforeMs?: number; readonly afterMs?: number }
  /** Held, and forwarded on release even if the client has long gone: a write that lands late. */
  | { readonly kind: 'hold'; readonly release: Promise<void> }
  /** Forwarded and answered, and then forwarded once more: a write that lands twice. */
  | { readonly kind: 'duplicate'; readonly delayMs?: number; readonly release?: Promise<void> }
  /** A blip of the whole network: never forwarded, and every open connection is reset, other requests' too. */
  | { readonly kind: 'reset' }
  /** Refused by the service: ProvisionedThroughputExceededException, with status 400. */
  | { readonly kind: 'throttle' }
  /** InternalServerError with status 500, after the write was applied or without. */
  | { readonly kind: 'error500'; readonly applied: boolean };

/** What happens to requests while the proxy is partitioned; no rule asks for it. */
export interface Partition {
  readonly kind: 'partition';
}

export interface Reply {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: Buffer;
}

/** What a fault may do with its request. */
export interface Exchange {
  /** Sends it to the engine, and brings the engine's answer. */
  forward(): Promise<Reply>;
  answer(reply: Reply): void;
  reset(): void;
  resetAll(): void;
  /** Waits; fails once the proxy has stopped. */
  wait(delayMs: number): Promise<void>;
  /** The fault has struck. */
  struck(): void;
}

/** Carries a request through its fault. */
export async function carry(exchange: Exchange, fault: Fault | Partition | undefined): Promise<void> {
  switch (fault?.kind) {
    case undefined:
      return exchange.answer(await exchange.forward());
    case 'drop-request':
    case 'partition':
      exchange.reset();
      return exchange.struck();
    case 'reset':
      exchange.resetAll();
      return exchange.struck();
    case 'hang':
      return exchange.struck();
    case 'lose-reply':
      await exchange.forward();
      if (fault.by === 'reset') exchange.reset();
      return exchange.struck();
    case 'delay': {
      exchange.struck();
      if (fault.beforeMs) await exchange.wait(fault.beforeMs);
      const reply = await exchange.forward();
      if (fault.afterMs) await exchange.wait(fault.afterMs);
      return exchange.answer(reply);
    }
    case 'hold':
      exchange.struck();
      await fault.release;
      return exchange.answer(await exchange.forward());
    case 'duplicate':
      exchange.answer(await exchange.forward());
      exchange.struck();
      await fault.release;
      if (fault.delayMs) await exchange.wait(fault.delayMs);
      return void (await exchange.forward());
    case 'throttle':
      exchange.answer(refusal(400, 'ProvisionedThroughputExceededException'));
      return exchange.struck();
    case 'error500':
      if (fault.applied) await exchange.forward();
      exchange.answer(refusal(500, 'InternalServerError'));
      return exchange.struck();
  }
}

/** An error as DynamoDB words it. */
export function refusal(status: number, type: string, message = 'refused by the fault proxy'): Reply {
  const body = Buffer.from(JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${type}`, message }));
  return {
    status,
    headers: { 'content-type': 'application/x-amz-json-1.0', 'content-length': `${body.length}` },
    body,
  };
}
