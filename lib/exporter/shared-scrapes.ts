import { compress } from './content-coding.ts';
import type { Format } from './encode.ts';
import type { FamilySamples } from './family.ts';
import type { MetricsSource } from './source.ts';

/** What is gathered for one scrape, or for several of the same moment. */
export interface Gathering {
  /** Rejects as the source does. */
  readonly families: Promise<readonly FamilySamples[]>;
  /** Its body in a format and coding, made once for all who want the same. */
  body(format: Format, isGzip: boolean): Promise<Buffer>;
}

/** Lets scrapes of the same moment have one gathering, and one body of each format and coding. */
export interface SharedScrapes {
  /**
   * The gathering that is under way, if it ends in the given time (milliseconds), or a new one. So many different ones
   * there may be, then the one that ends first.
   */
  join(deadline: number): Gathering;
}

/** Shares what a source gathers; `write` makes the plain body. */
export function shareScrapes(
  source: Pick<MetricsSource, 'gather'>,
  write: (families: readonly FamilySamples[], format: Format) => Promise<Buffer>,
): SharedScrapes {
  // In the order in which they end.
  let open: readonly Open[] = [];

  const start = (deadline: number, endBy: number): Gathering => {
    const families = (async () => source.gather({ deadline }))();
    const bodies = new Map<string, Promise<Buffer>>();
    const leave = (): void => {
      open = open.filter(({ gathering: each }) => each !== gathering);
    };
    const once = (key: string, make: () => Promise<Buffer>): Promise<Buffer> => {
      const body = bodies.get(key) ?? make();
      bodies.set(key, body);
      return body;
    };
    const plain = (format: Format): Promise<Buffer> =>
      once(format, async () => write(await families, format));
    const gathering: Gathering = {
      families,
      // Whoever comes after the first body was made is of another moment.
      body: (format, isGzip) =>
        (isGzip ? once(`${format} gzip`, async () => compress(await plain(format))) : plain(format)).finally(
          leave,
        ),
    };
    // Those who have waited for it ask for a body at once; if none does, they have gone.
    families.then(() => setImmediate(() => bodies.size === 0 && leave()), leave);
    open = [...open, { gathering, endBy }].sort((a, b) => a.endBy - b.endBy);
    return gathering;
  };

  return {
    join(deadline) {
      const now = performance.now();
      const endBy = now + deadline;
      open = open.filter((each) => each.endBy > now);
      const [first] = open;
      if (first !== undefined && (first.endBy <= endBy || open.length >= mostOpen)) return first.gathering;
      return start(deadline, endBy);
    },
  };
}

interface Open {
  readonly gathering: Gathering;
  /** On the clock of `performance.now()`. */
  readonly endBy: number;
}

const mostOpen = 4;
