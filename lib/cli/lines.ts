import { StringDecoder } from 'node:string_decoder';

/** A line of text, without its end. */
export interface Line {
  /** From 1. */
  readonly number: number;
  readonly text: string;
  /** There was more of it than is kept. */
  readonly isCut: boolean;
}

/** No line of device-mapper's comes near this many characters; what is longer is cut, so that memory stays bounded. */
const longestLine = 1_048_576;

/** The lines of a stream of UTF-8, as they come. Ends of lines are LF or CR LF; the last may have none. */
export async function* linesOf(
  stream: AsyncIterable<Uint8Array | string>,
  limit = longestLine,
): AsyncGenerator<Line> {
  const decoder = new StringDecoder('utf8');
  let number = 1;
  let pieces: string[] = [];
  let length = 0;
  let isCut = false;

  const keep = (piece: string): void => {
    if (length + piece.length > limit) isCut = true;
    const kept = piece.slice(0, limit - length);
    if (kept !== '') pieces.push(kept);
    length += kept.length;
  };
  const take = (): Line => {
    const line = { number: number++, text: pieces.join('').replace(/\r$/, ''), isCut };
    pieces = [];
    length = 0;
    isCut = false;
    return line;
  };

  for await (const chunk of stream) {
    const text = typeof chunk === 'string' ? chunk : decoder.write(Buffer.from(chunk));
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      keep(text.slice(start, end));
      yield take();
      start = end + 1;
    }
    keep(text.slice(start));
  }
  keep(decoder.end());
  if (length > 0) yield take();
}
