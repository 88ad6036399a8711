import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isKernelKnown, lvAttributes, pvAttributes, vgAttributes } from '../../../lib/lvm/attributes.ts';

describe('the letters of a volume', () => {
  it('of a linear volume that is open', () => {
    expect(lvAttributes('-wi-ao----')).toEqual({
      volumeType: null,
      permissions: 'writeable',
      allocationPolicy: 'inherited',
      allocationLocked: false,
      fixedMinor: false,
      state: 'active',
      open: true,
      targetType: null,
      zero: false,
      health: null,
      skipActivation: false,
    });
  });

  it('of a thin pool that is full', () => {
    expect(lvAttributes('twi-cotzD-')).toMatchObject({
      volumeType: 'thin-pool',
      state: 'check-needed',
      targetType: 'thin',
      zero: true,
      health: 'out-of-data-space',
    });
  });

  it('of a pvmove, whose allocation is locked', () => {
    expect(lvAttributes('p-C-aom---')).toMatchObject({
      volumeType: 'pvmove',
      permissions: null,
      allocationPolicy: 'contiguous',
      allocationLocked: true,
    });
  });

  it('of one that activation skips, with a fixed minor, read-only though it should not be', () => {
    expect(lvAttributes('VRim-----k')).toMatchObject({
      volumeType: 'thin',
      permissions: 'read-only-activation',
      fixedMinor: true,
      skipActivation: true,
    });
  });

  it('where lvm could not ask device-mapper', () => {
    expect(lvAttributes('rwi-XXr-X-')).toMatchObject({ state: 'unknown', open: null, health: 'unknown' });
    expect([isKernelKnown('rwi-XXr-X-'), isKernelKnown('rwi-------')]).toEqual([false, true]);
  });

  // lvs(8): all letters of each place.
  it.each([
    [0, '-CmMoOrRsSpviIlcVtTdDeg'],
    [1, '-wrR'],
    [2, '-acilntACILNT'],
    [3, '-m'],
    [4, '-ahsISmMdicCX'],
    [5, '-oX'],
    [6, '-Cmrstuv'],
    [7, '-z'],
    [8, '-pXrmwsRFDME'],
    [9, '-k'],
  ])('in place %i are all known', (place, letters) => {
    for (const letter of letters) {
      const attr = `${'-'.repeat(place)}${letter}${'-'.repeat(9 - place)}`;
      expect(JSON.stringify(lvAttributes(attr))).not.toContain('{"unknown"');
    }
  });

  it('that are of a newer lvm are kept', () => {
    expect(lvAttributes('Zwi-a-----')).toMatchObject({
      volumeType: { unknown: 'Z' },
      permissions: 'writeable',
    });
  });
});

describe('the letters of a group', () => {
  it('say what vgs(8) says', () => {
    expect(vgAttributes('wzxpnsP')).toEqual({
      permissions: 'writeable',
      resizeable: true,
      exported: true,
      partial: true,
      allocationPolicy: 'normal',
      sharing: 'shared',
      persistentReservation: 'not-started',
    });
    expect(vgAttributes('r---c-')).toMatchObject({
      permissions: 'read-only',
      resizeable: false,
      allocationPolicy: 'contiguous',
      sharing: null,
      persistentReservation: null,
    });
  });
});

describe('the letters of a device', () => {
  it('say what pvs(8) says', () => {
    expect(pvAttributes('a-m')).toEqual({ use: 'allocatable', exported: false, missing: true });
    expect(pvAttributes('ux-')).toEqual({ use: 'used', exported: true, missing: false });
    expect(pvAttributes('d--').use).toBe('duplicate');
    expect(pvAttributes('---').use).toBeNull();
  });
});

it('letters may be anything, and nothing throws', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (attr) => {
      expect(Object.values(lvAttributes(attr))).not.toContain(undefined);
      expect(Object.values(vgAttributes(attr))).not.toContain(undefined);
      expect(Object.values(pvAttributes(attr))).not.toContain(undefined);
    }),
  );
});
