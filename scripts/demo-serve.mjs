// What `npm run demo -- --serve` runs on the host: starts the sandbox, in which demo-serve-inside and demo-gate.mjs run,
// and passes what a browser asks on to the gate. The sandbox can only connect outwards: the gate connects to here, and
// then HTTP/2 is spoken over that connection with the gate as the server.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:http2';
import { createServer as createTcpServer } from 'node:net';
import { pipeline } from 'node:stream';
import { fileURLToPath } from 'node:url';

const token = randomBytes(16).toString('hex');
let gate;

const front = createServer((request, response) => {
  if (gate === undefined || gate.closed) {
    response.writeHead(503, { 'Content-Type': 'text/plain' }).end('The demo has not started yet.\n');
    return;
  }
  const { connection: _connection, host, ...headers } = request.headers;
  const stream = gate.request({
    ...headers,
    ':method': request.method,
    ':path': request.url,
    ':authority': host,
  });
  stream.on('response', ({ ':status': status, ...answer }) => {
    response.writeHead(status, answer);
    pipeline(stream, response, () => {});
  });
  stream.on('error', () => response.destroy());
  response.on('close', () => stream.close());
  pipeline(request, stream, () => {});
});

const back = createTcpServer((socket) => {
  socket.on('error', () => {});
  const judge = () => {
    const said = socket.read(token.length);
    if (said === null) return;
    socket.off('readable', judge);
    if (said.toString() !== token) return socket.destroy();
    gate = connect('http://gate', { createConnection: () => socket });
    gate.on('error', () => {});
    console.log(`\ndemo: http://127.0.0.1:${front.address().port}/ and /metrics; Ctrl-C ends it`);
  };
  socket.on('readable', judge);
});

const port = Number(process.argv[2] ?? 19845);
front.on('error', ({ code }) => {
  console.error(`demo: cannot listen on 127.0.0.1:${port} (${code}); --port names another port`);
  process.exit(1);
});
front.listen(port, '127.0.0.1');
back.listen(0, '127.0.0.1');
await Promise.all([once(front, 'listening'), once(back, 'listening')]);

const inside = [
  fileURLToPath(new URL('demo-serve-inside', import.meta.url)),
  String(back.address().port),
  token,
];
const sandbox = spawn(
  fileURLToPath(new URL('sandbox', import.meta.url)),
  ['--slirp', '--no-tty', '--timeout', '0', ...inside],
  { stdio: ['ignore', 'inherit', 'inherit'] },
);
let isEnding = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => {
    isEnding = true;
    sandbox.kill('SIGTERM');
  });
const [status] = await once(sandbox, 'exit');
// That it was ended is how it is meant to end.
process.exit(isEnding ? 0 : (status ?? 1));
