const UNICODE = Buffer.from('UNICODE\0', 'latin1');
const EXIF_POINTER = 0x8769;
const USER_COMMENT = 0x9286;
const LONG = 4;
const UNDEFINED = 7;
/** Offsets in the block written below: a header, then two directories of one entry each, then the comment. */
const FIRST_DIRECTORY = 8;
const EXIF_DIRECTORY = 26;
const COMMENT = 44;

/** An EXIF block whose user comment is `text`, where image tools look for generation parameters outside PNG. */
export function exifWithComment(text: string): Uint8Array {
  const utf16 = Buffer.from(text, 'utf16le').swap16();
  const comment = Buffer.concat([UNICODE, utf16]);
  const exif = Buffer.alloc(COMMENT + comment.length);
  exif.write('MM', 0, 'latin1');
  exif.writeUInt16BE(42, 2);
  exif.writeUInt32BE(FIRST_DIRECTORY, 4);
  const directory = (at: number, tag: number, type: number, count: number, value: number) => {
    exif.writeUInt16BE(1, at);
    exif.writeUInt16BE(tag, at + 2);
    exif.writeUInt16BE(type, at + 4);
    exif.writeUInt32BE(count, at + 6);
    exif.writeUInt32BE(value, at + 10);
  };
  directory(FIRST_DIRECTORY, EXIF_POINTER, LONG, 1, EXIF_DIRECTORY);
  directory(EXIF_DIRECTORY, USER_COMMENT, UNDEFINED, comment.length, COMMENT);
  comment.copy(exif, COMMENT);
  return exif;
}

/** Reads back what `exifWithComment` wrote; undefined for any other block. */
export function commentOfExif(bytes: Uint8Array): string | undefined {
  const exif = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (exif.length < COMMENT + UNICODE.length || exif.toString('latin1', 0, 2) !== 'MM') return undefined;
  if (exif.readUInt16BE(EXIF_DIRECTORY + 2) !== USER_COMMENT) return undefined;
  const text = exif.subarray(COMMENT + UNICODE.length);
  return Buffer.from(text).swap16().toString('utf16le');
}
