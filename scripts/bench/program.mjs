import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A child that answers every line it is given with one line. If it ends early, what waits for it fails. */
export function startProgram(command, environment = {}) {
  const env = { ...process.env, ...environment };
  const child = spawn(command[0], command.slice(1), { env, stdio: ['pipe', 'pipe', 'inherit'] });
  // A child that cannot start or has died gives no line, which tells it.
  child.on('error', () => {});
  child.stdin.on('error', () => {});
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    pid: child.pid,
    async ask(text) {
      child.stdin.write(`${text}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error(`${command.join(' ')} ended at "${text}"`);
      return value;
    },
    /** Gives an order of rounds.h. */
    async order(text) {
      const [nanoseconds, devices, bytes] = (await this.ask(text)).split(' ').map(Number);
      if (!(nanoseconds > 0)) throw new Error(`${command.join(' ')} gave no time for "${text}"`);
      return { nanoseconds, devices, bytes };
    },
    stop: () => child.stdin.end(),
  };
}
