import { closeSync, constants, fstatSync, openSync } from 'node:fs';

/**
 * Calls `gone` when nobody reads the pipe `fd` any more, which a process that seldom writes would not notice: looks
 * every `interval` milliseconds. Does nothing for what is no pipe. Does not keep the process alive; the returned
 * function ends it.
 */
export function whenReaderLeaves(fd: number, gone: () => void, interval = 1000): () => void {
  if (!isPipe(fd)) return () => {};
  const timer = setInterval(() => {
    if (hasReader(fd)) return;
    clearInterval(timer);
    gone();
  }, interval).unref();
  return () => clearInterval(timer);
}

// fifo(7): opening a pipe for writing fails with ENXIO while nobody has it open for reading.
function hasReader(fd: number): boolean {
  try {
    closeSync(openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK));
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENXIO';
  }
}

function isPipe(fd: number): boolean {
  try {
    return fstatSync(fd).isFIFO();
  } catch {
    return false;
  }
}
