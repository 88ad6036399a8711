import type { DeviceIdentity } from '../device.ts';
import { type LvmName, mangle, parseLvmDevice, unmangle } from '../names.ts';

/** How a device is named in labels. The objects stay the same from one scrape to the next. */
export interface Identity {
  readonly name: string;
  readonly uuid: string | null;
  readonly lvm: LvmName | null;
  /** `device` alone. */
  readonly labels: { readonly device: string };
  /** `device`, and `vg` and `lv` if it is one of LVM's. */
  readonly volume: Readonly<Record<string, string>>;
}

/**
 * Names devices: by the name with its escapes resolved, or, where that would name two of them alike, as the kernel
 * stores it. Keeps what `before` has of the same devices.
 */
export function identify(
  devices: readonly DeviceIdentity[],
  before: ReadonlyMap<string, Identity> = new Map(),
): ReadonlyMap<string, Identity> {
  const shown = shownNames(devices.map(({ name }) => name));
  return new Map(
    devices.map((device) => {
      const { name, uuid } = device;
      const label = shown.get(name) ?? name;
      const known = before.get(name);
      const isSame = known !== undefined && known.uuid === uuid && known.labels.device === label;
      return [name, isSame ? known : newIdentity(device, label)];
    }),
  );
}

function newIdentity({ name, uuid }: DeviceIdentity, label: string): Identity {
  const lvm = parseLvmDevice({ name, uuid });
  const labels = { device: label };
  const parts = Object.entries({ vg: lvm?.vg ?? '', lv: lvm?.lv ?? '' }).filter(([, text]) => text !== '');
  const volume = { ...labels, ...Object.fromEntries(parts) };
  return { name, uuid, lvm, labels, volume };
}

// A name that is no text of its own escapes can read like another's: those keep theirs as they are stored.
function shownNames(names: readonly string[]): ReadonlyMap<string, string> {
  const shown = new Map(names.map((name) => [name, readable(name)]));
  while (new Set(shown.values()).size < shown.size) {
    const users = new Map<string, number>();
    for (const label of shown.values()) users.set(label, (users.get(label) ?? 0) + 1);
    for (const [name, label] of shown) if ((users.get(label) ?? 0) > 1) shown.set(name, name);
  }
  return shown;
}

function readable(name: string): string {
  if (!name.includes('\\x')) return name;
  const text = unmangle(name);
  return mangle(text) === name ? text : name;
}
