/** No bytes. */
export const EMPTY: Uint8Array<ArrayBuffer> = new Uint8Array(0);
