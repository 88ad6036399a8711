export type { MetadataBackup } from './backup-list.ts';
export type {
  LvchangeActivateOptions,
  LvchangeDeactivateOptions,
  LvchangeRefreshOptions,
} from './lvchange-activate.ts';
export type {
  LvchangeChangeOptions,
  LvchangeContiguousOptions,
  LvchangeMetadataProfileOptions,
} from './lvchange-change.ts';
export type { LvchangeMonitorOptions, LvchangePersistentOptions } from './lvchange-device.ts';
export type { WriteMostly } from './lvchange-images.ts';
export type {
  LvchangeCacheOptions,
  LvchangeThinPoolOptions,
  LvchangeVdoOptions,
  LvchangeWritecacheOptions,
} from './lvchange-pools.ts';
export type { LvchangeRaid1Options, LvchangeRaidOptions } from './lvchange-raid.ts';
export type {
  LvchangeRebuildOptions,
  LvchangeResyncOptions,
  LvchangeSyncActionOptions,
} from './lvchange-sync.ts';
export type {
  LvconvertCacheWithDeviceOptions,
  LvconvertCacheWithPoolOptions,
  LvconvertCacheWithVolumeOptions,
} from './lvconvert-cache.ts';
export type { ConversionResult } from './lvconvert-common.ts';
export type { TypeResult } from './lvconvert-conversion.ts';
export type { LvconvertIntegrityOptions } from './lvconvert-integrity.ts';
export type { MergeResult } from './lvconvert-merge.ts';
export type {
  LvconvertMirrorLogOptions,
  LvconvertMirrorOptions,
  LvconvertMirrorsOptions,
} from './lvconvert-mirror.ts';
export type {
  LvconvertCachePoolOptions,
  LvconvertSwapMetadataOptions,
  LvconvertThinPoolOptions,
  LvconvertVdoPoolOptions,
  VdoPoolResult,
} from './lvconvert-pool.ts';
export type {
  LvconvertLinearOptions,
  LvconvertParityOptions,
  LvconvertRaid1Options,
  LvconvertStripedOptions,
} from './lvconvert-raid.ts';
export type {
  LvconvertRepairOptions,
  LvconvertRepairPoolOptions,
  LvconvertReplaceOptions,
  PoolRepairResult,
} from './lvconvert-repair.ts';
export type {
  LvconvertRegionSizeOptions,
  LvconvertStripeSizeOptions,
  LvconvertStripesOptions,
  StripesResult,
} from './lvconvert-reshape.ts';
export type { LvconvertSnapshotOptions, SnapshotResult } from './lvconvert-snapshot.ts';
export type {
  LvconvertSplitMirrorsOptions,
  LvconvertTrackSplitOptions,
  SplitMirrorsResult,
  TrackSplitResult,
} from './lvconvert-split.ts';
export type { ExternalOriginResult, LvconvertThinOptions } from './lvconvert-thin.ts';
export type {
  LvconvertSplitCacheOptions,
  LvconvertUncacheOptions,
  SplitCacheResult,
} from './lvconvert-uncache.ts';
export type {
  LvconvertWritecacheWithDeviceOptions,
  LvconvertWritecacheWithVolumeOptions,
} from './lvconvert-writecache.ts';
export type {
  LvcreateCacheWithDeviceOptions,
  LvcreateCacheWithPoolOptions,
  LvcreateCacheWithVolumeOptions,
} from './lvcreate-cache.ts';
export type { LvcreateLinearOptions } from './lvcreate-linear.ts';
export type { LvcreateMirrorOptions } from './lvcreate-mirror.ts';
export type { NewSize } from './lvcreate-options.ts';
export type { LvcreateCachePoolOptions, LvcreateThinPoolOptions } from './lvcreate-pool.ts';
export type {
  LvcreateRaid0MetaOptions,
  LvcreateRaid0Options,
  LvcreateRaid1Options,
  LvcreateRaid10Options,
} from './lvcreate-raid.ts';
export type { RaidIntegrity } from './lvcreate-raid-options.ts';
export type {
  LvcreateRaid4Options,
  LvcreateRaid5Options,
  LvcreateRaid6Options,
} from './lvcreate-raid-parity.ts';
export type { LvcreateSnapshotOptions, LvcreateSparseSnapshotOptions } from './lvcreate-snapshot.ts';
export type { LvcreateStripedOptions } from './lvcreate-striped.ts';
export type {
  LvcreateThinExternalSnapshotOptions,
  LvcreateThinOptions,
  LvcreateThinSnapshotOptions,
} from './lvcreate-thin.ts';
export type { LvcreateVdoOptions } from './lvcreate-vdo.ts';
export type { SkippedVolumeResult } from './lvcreate-verify.ts';
export type { LvcreateErrorOptions, LvcreateZeroOptions } from './lvcreate-virtual.ts';
export type {
  LvcreateWritecacheWithDeviceOptions,
  LvcreateWritecacheWithVolumeOptions,
} from './lvcreate-writecache.ts';
export type {
  LvextendByDevicesOptions,
  LvextendByPolicyOptions,
  LvextendPoolMetadataOptions,
  LvextendSizeOptions,
} from './lvextend.ts';
export type { ConfigResult, LvmconfigOptions } from './lvmconfig.ts';
export type { ConfigTree, ConfigValue } from './lvmconfig-tree.ts';
export type { LvmdiskscanOptions, LvmdiskscanResult, ScannedDevice, ScannedTotals } from './lvmdiskscan.ts';
export type { LvreduceSizeOptions } from './lvreduce.ts';
export type { LvremoveOptions, RemovedResult } from './lvremove.ts';
export type { LvrenameOptions } from './lvrename.ts';
export type {
  LvresizeExtendByDevicesOptions,
  LvresizeExtendBySizeOptions,
  LvresizeReduceBySizeOptions,
  LvresizeSizeOptions,
} from './lvresize.ts';
export type { ResizeFs } from './lvresize-options.ts';
export type { LvscanOptions, LvscanResult, ScannedVolume } from './lvscan.ts';
export type { DevicesFound } from './pv-rows.ts';
export type { PvchangeOptions } from './pvchange.ts';
export type { PvCheck, PvckCheckOptions, PvckCheckResult, PvckDumpOptions, PvckDumpResult } from './pvck.ts';
export type { PvcreateOptions } from './pvcreate.ts';
export type { MoveResult, PvmoveOptions } from './pvmove.ts';
export type { PvremoveOptions } from './pvremove.ts';
export type { PvresizeOptions } from './pvresize.ts';
export type { VgcfgbackupOptions, VgcfgbackupResult } from './vgcfgbackup.ts';
export type { BackupsResult, VgcfgrestoreRestoreOptions } from './vgcfgrestore.ts';
export type {
  VgchangeActivateOptions,
  VgchangeAutoactivateOptions,
  VgchangeRefreshOptions,
} from './vgchange-activate.ts';
export type { VgchangeLockTypeOptions, VgchangeSystemIdOptions } from './vgchange-owner.ts';
export type { VgchangeChangeOptions } from './vgchange-properties.ts';
export type { VgchangeMonitorOptions, VgchangePollOptions } from './vgchange-watch.ts';
export type { VgcreateOptions } from './vgcreate.ts';
export type { GroupsResult, VgimportOptions } from './vgexport.ts';
export type { VgextendOptions } from './vgextend.ts';
export type { VgimportcloneOptions } from './vgimportclone.ts';
export type { VgmergeOptions } from './vgmerge.ts';
export type { VgreduceDevicesOptions, VgreduceUnusedOptions } from './vgreduce.ts';
export type { RemovedMissing, VgreduceRemoveMissingOptions } from './vgreduce-missing.ts';
export type { VgremoveOptions, VgremoveResult } from './vgremove.ts';
export type { VgrenameOptions } from './vgrename.ts';
export type { FoundGroup, VgmknodesOptions, VgscanOptions, VgscanResult } from './vgscan.ts';
export type { VgsplitDevicesOptions, VgsplitResult, VgsplitVolumeOptions } from './vgsplit.ts';
