import { text } from '../option.ts';

/** The name of the host that owns a group (lvmsystemid(7)). */
export const systemIdOption = text('--systemid', 'a system id', /^[A-Za-z0-9+_.-]{1,128}$/);
