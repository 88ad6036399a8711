import { type NoOptions, type Operation, operation, type Waits } from '../operation.ts';
import { volume } from '../subject.ts';
import { namedVolume, nameOf } from '../verify.ts';
import { type ConversionResult, conversionResult } from './lvconvert-common.ts';

/** Has a process of lvm's finish a conversion that nobody finishes, because the one that did was ended. */
export const poll: Operation<string, NoOptions, ConversionResult> & Waits<'mirror'> = operation({
  command: 'lvconvert',
  fixed: ['--startpoll', '--background'],
  summary: 'Has lvm finish a conversion that is under way.',
  subject: volume,
  options: {},
  waits: 'mirror',
  // lvm refuses a volume that is not being converted.
  satisfiedBy: ['wrong-state'],
  verify: ({ place, before, after }) => {
    if (namedVolume(place, after) === undefined) return `there is no volume ${nameOf(place)}`;
    // If it is still under way it is being finished; what must not be is that it has begun just now.
    const [was, is] = [namedVolume(place, before)?.converting, namedVolume(place, after)?.converting];
    return is === true && was !== true ? `${nameOf(place)} is being converted` : null;
  },
  result: conversionResult,
});
