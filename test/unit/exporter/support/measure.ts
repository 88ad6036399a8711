import { allFamilies } from '../../../../lib/exporter/catalogue.ts';
import type { FamilySamples, Sample } from '../../../../lib/exporter/family.ts';
import type { Looked } from '../../../../lib/exporter/look.ts';
import type { Makeup } from '../../../../lib/exporter/makeup.ts';
import { emptySamples } from '../../../../lib/exporter/samples.ts';
import { addAllTargets, addDevices } from '../../../../lib/exporter/scrape.ts';
import { type Choice, stackOf } from '../../../../lib/exporter/stack.ts';
import type { WatchedDevice } from '../../../../lib/monitor/types.ts';
import { decodeTable } from '../../../../lib/targets/index.ts';
import { segment, type Traits, watched } from '../../monitor/devices.ts';

/** A device in a test: status lines and table lines as dmsetup prints them, without start and length. */
export interface TestDevice extends Traits {
  readonly name: string;
  readonly status: readonly string[];
  readonly table?: readonly string[];
  readonly below?: readonly string[];
  readonly readAt?: number;
}

/** The families of these devices, numbered 254:0 and up unless they say otherwise. */
export async function measure(
  devices: readonly TestDevice[],
  choice: Partial<Choice> = {},
  look: Partial<Looked> = {},
): Promise<readonly FamilySamples[]> {
  const makeups = new Map<string, Makeup>();
  const current = devices.map(
    ({ status, table = [], below = [], readAt, ...traits }, minor): WatchedDevice => {
      makeups.set(traits.name, { tables: table.map(tableOf), dependencies: below });
      const segments = status.map((line, index) => segment(line, index * 1000));
      const device = watched([], { major: 254, minor, uuid: null, segments, ...traits });
      return readAt === undefined ? device : { ...device, readAt };
    },
  );
  const samples = emptySamples(allFamilies);
  const stack = stackOf(
    current,
    ({ name }) => makeups.get(name),
    { include: undefined, exclude: undefined, internal: false, ...choice },
    (number) => disks[number] ?? number,
  );
  await addDevices(samples, stack, { devices: current, error: null, isLate: false, since: 0, ...look });
  await addAllTargets(samples, stack, () => true);
  return samples.families();
}

/** The disks of the tests by their numbers. */
const disks: Readonly<Record<string, string>> = { '8:0': 'sda', '8:16': 'sdb', '8:32': 'sdc' };

/** The series of a family, each as labels and value in one text: `device=a state=ok 1`. */
export function series(families: readonly FamilySamples[], name: string): readonly string[] {
  const samples = families.find((family) => family.name === name)?.samples ?? [];
  return samples.map(({ labels, value }) => [...labelTexts(labels), String(value)].join(' '));
}

function labelTexts(labels: Sample['labels']): readonly string[] {
  return Object.entries(labels).flatMap(([key, value]) => (value === '' ? [] : [`${key}=${value}`]));
}

function tableOf(line: string) {
  const [target = '', ...words] = line.split(' ');
  return decodeTable(target, words.join(' '));
}
