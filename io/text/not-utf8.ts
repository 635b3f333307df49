import { MillraceError } from '../../sdk/model/index.js';
import { showPath } from '../files/file-errors.js';

/** The error of a line that is not UTF-8, with the offset of the first bad byte and a guess at what the file is instead. */
export function notUtf8(path: string, line: Buffer, fileOffset: number, lineNumber: number | undefined): MillraceError {
  const bad = firstInvalidByte(line);
  const value = `0x${(line[bad] ?? 0).toString(16).padStart(2, '0')}`;
  const where = `${lineNumber === undefined ? '' : `line ${lineNumber}, `}byte ${fileOffset + bad}`;
  return new MillraceError(
    'TEXT_NOT_UTF8',
    'external',
    `${showPath(path)} is not UTF-8 text: byte ${value} at ${where} cannot stand there`,
    { hint: guess(line, fileOffset) },
  );
}

/** The decoder puts U+FFFD in the place of what is invalid; the first one that does not stand in the file shows where that is. */
function firstInvalidByte(line: Buffer): number {
  const text = line.toString();
  let offset = 0;
  for (let from = 0; ; ) {
    const at = text.indexOf('\ufffd', from);
    if (at < 0) return offset;
    offset += Buffer.byteLength(text.slice(from, at));
    if (line[offset] !== 0xef || line[offset + 1] !== 0xbf || line[offset + 2] !== 0xbd) return offset;
    offset += 3;
    from = at + 1;
  }
}

function guess(line: Buffer, fileOffset: number): string {
  if (fileOffset === 0) {
    if (line[0] === 0x1f && line[1] === 0x8b) return "the file begins like gzip: read it with { gzip: 'always' }";
    if ((line[0] === 0xff && line[1] === 0xfe) || (line[0] === 0xfe && line[1] === 0xff)) {
      return 'the file begins like UTF-16: convert it to UTF-8 first';
    }
    if (line[0] === 0x28 && line[1] === 0xb5 && line[2] === 0x2f && line[3] === 0xfd) {
      return 'the file begins like zstd: unpack it first';
    }
    if (line[0] === 0x50 && line[1] === 0x4b) return 'the file begins like a zip archive: unpack it first';
  }
  return "convert the file to UTF-8, or read it with { invalidUtf8: 'replace' }";
}
