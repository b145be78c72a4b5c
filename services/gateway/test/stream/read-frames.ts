/** Reads server text frames back out of bytes, the way RFC 6455 says; fails on anything that is not whole. */
export function readFrames(bytes: Buffer): readonly { readonly s: number }[] {
  const frames: { readonly s: number }[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (bytes[at] !== 0x81) throw new Error(`no text frame at ${at}`);
    const short = bytes.readUInt8(at + 1);
    const header = short < 126 ? 2 : short === 126 ? 4 : 10;
    const length =
      short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
    const end = at + header + length;
    if (end > bytes.length) throw new Error(`the frame at ${at} is cut off`);
    frames.push(JSON.parse(bytes.toString('utf8', at + header, end)));
    at = end;
  }
  return frames;
}
