import { expect } from 'vitest';
import type {
  DeviceMapper,
  DeviceSelector,
  DeviceStatus,
  DeviceTable,
  Status,
  StatusOf,
  StatusOptions,
  Table,
  TargetName,
} from '../../../lib/index.ts';
import { type Reading, readWithDmsetup } from './dmsetup.ts';
import { lvs } from './lvs.ts';
import { sameMoment } from './moment.ts';

/**
 * Expects that our status, table, info and dependencies of the device with this stored name are those of dmsetup at
 * the same moment, and that every target of it is understood.
 */
export async function sameAsDmsetup(
  dm: DeviceMapper,
  name: string,
): Promise<{ readonly status: readonly Status[]; readonly table: readonly Table[] }> {
  const { reference, ours } = await sameMoment(
    () => readWithDmsetup(name),
    () => readWithUs(dm, name),
  );
  expect(ours.reading).toEqual(reference);
  const status = ours.status.segments.map((segment) => segment.status);
  const table = ours.table.segments.map((segment) => segment.table);
  for (const { type } of [...status, ...table]) expect(type).not.toBe('unknown');
  return { status, table };
}

/** Expects that what `ours` picks is the text that `lvs` shows in these fields of the volume `vg/lv` at the same moment. */
export async function sameAsLvs(
  volume: string,
  fields: readonly string[],
  ours: () => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const moment = await sameMoment(() => lvs(volume, fields), ours);
  expect(moment.ours).toEqual(moment.reference);
  return moment.ours;
}

/** The status of a device's only target, which must be of this type. */
export async function statusOf<N extends TargetName>(
  dm: DeviceMapper,
  device: DeviceSelector,
  type: N,
  options: StatusOptions = {},
): Promise<StatusOf<N>> {
  const { segments } = await dm.status(device, options);
  const [segment, ...more] = segments;
  expect(more).toEqual([]);
  expect(segment?.status.type).toBe(type);
  return segment?.status as StatusOf<N>;
}

async function readWithUs(
  dm: DeviceMapper,
  name: string,
): Promise<{ readonly reading: Reading; readonly status: DeviceStatus; readonly table: DeviceTable }> {
  const device = { name };
  const [status, table, info, dependencies] = await Promise.all([
    dm.status(device),
    dm.table(device),
    dm.info(device),
    dm.dependencies(device),
  ]);
  const { deferredRemove: _, internalSuspend: __, ...state } = info;
  const line = (start: number, length: number, target: Status | Table): string =>
    `${start} ${length} ${target.type === 'unknown' ? target.target : target.type} ${target.params}`;
  return {
    reading: {
      status: status.segments.map(({ start, length, status }) => line(start, length, status)),
      table: table.segments.map(({ start, length, table }) => line(start, length, table)),
      info: state,
      dependencies,
    },
    status,
    table,
  };
}
