/**
 * The file descriptors of the sockets that systemd has passed, see sd_listen_fds(3). The variables are taken out of the
 * environment, as no child is to have them. Throws an Error if none were passed to this process.
 */
export function inheritedSockets(
  environment: NodeJS.ProcessEnv = process.env,
  pid: number = process.pid,
): readonly number[] {
  const { LISTEN_PID = '', LISTEN_FDS = '' } = environment;
  for (const name of ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES']) delete environment[name];
  if (LISTEN_FDS === '' || LISTEN_PID === '')
    throw noSockets('LISTEN_FDS and LISTEN_PID are not set; start it by a socket unit');
  if (LISTEN_PID !== String(pid))
    throw noSockets(`they are meant for process ${LISTEN_PID.slice(0, 20)}, and this one is ${pid}`);
  const count = /^[1-9]\d{0,2}$/.test(LISTEN_FDS) ? Number(LISTEN_FDS) : 0;
  if (count === 0) throw noSockets(`LISTEN_FDS is ${JSON.stringify(LISTEN_FDS.slice(0, 20))}`);
  return Array.from({ length: count }, (_, index) => firstSocket + index);
}

// SD_LISTEN_FDS_START.
const firstSocket = 3;

function noSockets(reason: string): Error {
  return Object.assign(new Error(`systemd has passed no sockets: ${reason}`), { code: 'ERR_NO_SOCKETS' });
}
