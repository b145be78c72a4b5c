import { WINDOW_BITS } from './compressed-framing.ts';

const EXTENSION = 'permessage-deflate';

/** What `ws` negotiates for a socket whose shared frames we compress ourselves (RFC 7692 §7.1). Our stream refers back across messages,
 *  within `WINDOW_BITS`; of clients we ask the opposite, so that no inflater stays behind for what they rarely say. */
export const COMPRESSION = {
  serverNoContextTakeover: false,
  clientNoContextTakeover: true,
  serverMaxWindowBits: WINDOW_BITS,
};

/** Whether a client's `Sec-WebSocket-Extensions` has an offer that fits our stream. One that insists on `server_no_context_takeover`
 *  or a smaller window gets plain frames: an offer may always be declined. */
export function offersCompression(header: string | undefined): boolean {
  return (header ?? '').split(',').some(isFitting);
}

function isFitting(offer: string): boolean {
  const [name, ...parameters] = offer.split(';').map((part) => part.trim().toLowerCase());
  if (name !== EXTENSION) return false;
  return parameters.every((parameter) => {
    const [key = '', value = ''] = parameter.split('=').map((part) => part.trim().replace(/^"(.*)"$/, '$1'));
    if (key === 'server_no_context_takeover') return false;
    return key !== 'server_max_window_bits' || Number(value) >= WINDOW_BITS;
  });
}
