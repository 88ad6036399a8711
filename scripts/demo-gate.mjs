// The sandbox's end of `npm run demo -- --serve`: connects to the host, and answers what it asks with what the exporter
// answers here.
import { request as ask } from 'node:http';
import { createServer } from 'node:http2';
import { connect } from 'node:net';
import { pipeline } from 'node:stream';

const [host, port, token, exporterPort] = process.argv.slice(2);

const server = createServer((request, response) => {
  const headers = Object.entries(request.headers).filter(([name]) => !name.startsWith(':'));
  const asked = ask(
    {
      host: '127.0.0.1',
      port: exporterPort,
      method: request.method,
      path: request.url,
      headers: { ...Object.fromEntries(headers), host: request.authority },
    },
    (answer) => {
      const {
        connection: _connection,
        'transfer-encoding': _coding,
        'keep-alive': _alive,
        ...rest
      } = answer.headers;
      response.writeHead(answer.statusCode, rest);
      pipeline(answer, response, () => {});
    },
  );
  asked.on('error', () => response.stream?.close());
  response.on('close', () => asked.destroy());
  pipeline(request, asked, () => {});
});
server.on('sessionError', () => {});

const socket = connect({ host, port: Number(port), noDelay: true }, () => {
  socket.write(token);
  server.emit('connection', socket);
});
socket.on('close', () => process.exit());
socket.on('error', ({ message }) => {
  console.error(`demo: ${message}`);
  process.exit(1);
});
