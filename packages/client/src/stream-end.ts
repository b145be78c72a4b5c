/** How a client ended. `refused`: the server will not have this request, so trying again cannot help. `failed`: a listener, the
 *  position store or `reload` threw. */
export type StreamEnd =
  | { readonly kind: 'closed' }
  | { readonly kind: 'refused'; readonly code: number; readonly reason: string }
  | { readonly kind: 'failed'; readonly error: unknown };

/** The server closed with a code from 4500 to 4999: the request itself must change. */
export class StreamRefusedError extends Error {
  readonly code = 'stream_refused';
  readonly closeCode: number;
  constructor(closeCode: number, reason: string) {
    super(reason);
    this.name = 'StreamRefusedError';
    this.closeCode = closeCode;
  }
}
