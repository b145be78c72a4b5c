/** No bits set. Typed as a number because Discord's flag enums name no zero. */
export const NO_FLAGS: number = 0;
