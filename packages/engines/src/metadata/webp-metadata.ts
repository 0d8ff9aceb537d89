import { commentOfExif, exifWithComment } from './exif-comment.ts';

const RIFF_HEADER = 12;
const EXIF_FLAG = 0x08;
const XMP_FLAG = 0x04;
const ALPHA_FLAG = 0x10;

interface Chunk {
  readonly type: string;
  readonly data: Buffer;
}

function chunksOf(webp: Buffer): Chunk[] {
  const chunks: Chunk[] = [];
  for (let at = RIFF_HEADER; at + 8 <= webp.length;) {
    const length = webp.readUInt32LE(at + 4);
    chunks.push({ type: webp.toString('latin1', at, at + 4), data: webp.subarray(at + 8, at + 8 + length) });
    at += 8 + length + (length % 2);
  }
  return chunks;
}

function serialise(chunks: readonly Chunk[]): Buffer {
  const parts = chunks.flatMap(({ type, data }) => {
    const header = Buffer.alloc(8);
    header.write(type, 0, 'latin1');
    header.writeUInt32LE(data.length, 4);
    return [header, data, Buffer.alloc(data.length % 2)];
  });
  const body = Buffer.concat(parts);
  const header = Buffer.alloc(RIFF_HEADER);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(body.length + 4, 4);
  header.write('WEBP', 8, 'latin1');
  return Buffer.concat([header, body]);
}

function extendedHeader(chunks: readonly Chunk[], width: number, height: number): Buffer {
  const present = chunks.find(({ type }) => type === 'VP8X')?.data;
  const header = Buffer.alloc(10);
  present?.copy(header);
  if (present === undefined) {
    const lossless = chunks.find(({ type }) => type === 'VP8L')?.data;
    if (lossless !== undefined && (lossless.readUInt32LE(1) >>> 28) % 2 === 1) header[0] = ALPHA_FLAG;
    header.writeUIntLE(width - 1, 4, 3);
    header.writeUIntLE(height - 1, 7, 3);
  }
  header[0] = header[0]! | EXIF_FLAG | XMP_FLAG;
  return header;
}

const escapeXml = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
const unescapeXml = (text: string) =>
  text.replaceAll('&quot;', '"').replaceAll('&gt;', '>').replaceAll('&lt;', '<').replaceAll('&amp;', '&');

function xmpPacket(json: string): string {
  return (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">' +
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" ' +
    `xmlns:backend2="urn:backend2:metadata">\n<backend2:metadata>${escapeXml(json)}</backend2:metadata>\n` +
    '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
  );
}

/** A copy of the WebP with the parameters as EXIF user comment and the JSON in an XMP packet. */
export function withWebpMetadata(
  bytes: Uint8Array,
  size: { readonly width: number; readonly height: number },
  texts: { readonly parameters: string; readonly json: string },
): Uint8Array {
  const webp = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (webp.toString('latin1', 8, 12) !== 'WEBP') throw new TypeError('These bytes are not a WebP file.');
  const chunks = chunksOf(webp);
  return serialise([
    { type: 'VP8X', data: extendedHeader(chunks, size.width, size.height) },
    ...chunks.filter(({ type }) => !['VP8X', 'EXIF', 'XMP '].includes(type)),
    { type: 'EXIF', data: Buffer.from(exifWithComment(texts.parameters)) },
    { type: 'XMP ', data: Buffer.from(xmpPacket(texts.json), 'utf8') },
  ]);
}

export function readWebpMetadata(bytes: Uint8Array): { parameters?: string; json?: string } {
  const chunks = chunksOf(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const exif = chunks.find(({ type }) => type === 'EXIF');
  const packet = chunks.find(({ type }) => type === 'XMP ')?.data.toString('utf8');
  const json = packet?.match(/<backend2:metadata>([\s\S]*?)<\/backend2:metadata>/)?.[1];
  const parameters = exif === undefined ? undefined : commentOfExif(exif.data);
  return {
    ...(parameters === undefined ? {} : { parameters }),
    ...(json === undefined ? {} : { json: unescapeXml(json) }),
  };
}
