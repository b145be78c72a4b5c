/** Every limit of the wire, with its unit in the name. Gateways announce the ones a client must respect in HELLO. */
export const MAX_IDS_PER_PARAMETER = 100;
export const MAX_TYPES_PER_FILTER = 32;
/** Larger frames from a client are refused with close code 1009. */
export const MAX_CLIENT_FRAME_BYTES = 4096;
/** A connection hears of its position at least this often, so silence is visible and filters never make it stale. */
export const POSITION_INTERVAL_MS = 15_000;
export const MAX_CLIENT_FRAMES_PER_MINUTE = 120;
/** Longest stored payload of one event; larger messages lose embeds and components first (`"truncated":true`). */
export const MAX_PAYLOAD_BYTES = 65_536;
export const MIN_PAGE_MESSAGES = 1;
export const MAX_PAGE_MESSAGES = 100;
export const DEFAULT_PAGE_MESSAGES = 50;
export const PROTOCOL_VERSION = 1;
/** The WebSocket subprotocol; `bearer.<key>` may stand beside it. */
export const SUBPROTOCOL = 'dms.v1';
