/**
 * The process that asks for `devmapper status` where the kernel may keep the one who asks, see status-apart.ts. It
 * takes one question from its parent, sends the answer, and ends.
 */
import { DmError } from '../errors.ts';
import { asking } from './asking.ts';
import { type ApartAnswer, type ApartQuestion, toFailure } from './status-apart.ts';
import { queryStatus } from './status-query.ts';

process.once('message', async ({ wanted, options }: ApartQuestion) => {
  process.send?.(await answer({ wanted, options }), () => process.disconnect());
});

async function answer({ wanted, options }: ApartQuestion): Promise<ApartAnswer> {
  try {
    const devices = await asking(options, (dm) => queryStatus(dm, wanted));
    return {
      devices: devices.map((device) => ({
        device: { ...device, error: null },
        failure: device.error === null ? null : toFailure(device.error),
      })),
    };
  } catch (error) {
    if (error instanceof DmError) return { failure: toFailure(error) };
    throw error;
  }
}
