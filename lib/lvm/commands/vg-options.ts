import { text } from '../option.ts';

/** The name of the host that owns a group (lvmsystemid(7)). */
export const systemIdOption = text('--systemid', 'a system id', /^[A-Za-z0-9+_.-]{1,128}$/);

/** Name of a metadata profile below /etc/lvm/profile. */
export const metadataProfile = text('--metadataprofile', 'the name of a profile', /^[A-Za-z0-9_.+-]{1,127}$/);
