export type { DeviceSelector, QueryOptions } from './arguments.ts';
export type {
  Device,
  DeviceFromIoctl,
  DeviceFromSysfs,
  DeviceIdentity,
  DeviceInfo,
  DeviceStatus,
  DeviceTable,
  SilentDevice,
  StatusSegment,
  TableSegment,
} from './device.ts';
export { DeviceMapper, type OpenOptions, type StatusOptions } from './device-mapper.ts';
export { DmError, type DmFailure, type DmReason } from './errors.ts';
export { type Forecast, forecast, type Observation, observe } from './monitor/forecast.ts';
export type {
  Change,
  ChangeKind,
  Monitor,
  MonitorOptions,
  ProgressKind,
  UntilOptions,
  UsageKind,
  WatchedDevice,
} from './monitor/types.ts';
export type { Milestone, WaitOptions } from './monitor/wait.ts';
export {
  interestingDevice,
  type LvmName,
  lvmDeviceName,
  mangle,
  parseLvmDevice,
  parseLvmUuid,
  splitLvmName,
  unmangle,
} from './names.ts';
export type { Selector, TargetVersion, Versions } from './native.ts';
export type { CryptKey } from './targets/crypt.ts';
export {
  decode,
  decodeTable,
  isLive,
  type Status,
  type StatusOf,
  summarize,
  type Table,
  type TableOf,
  type TargetName,
  targetNames,
  type Unknown,
} from './targets/index.ts';
export type { MirrorLeg } from './targets/mirror.ts';
export type { MultipathGroup, MultipathPath } from './targets/multipath.ts';
export type { RaidLeg, RaidProgress } from './targets/raid.ts';
export { redactTable } from './targets/redact.ts';
export { type DecodeContext, type Health, type Summary, worstHealth } from './targets/target.ts';
export { type Count, formatSectors, lvsPercent, sectorSize, sectorsToBytes, type Usage } from './units.ts';
