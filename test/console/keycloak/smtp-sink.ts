import { once } from 'node:events';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';

export interface Mail {
  readonly to: string;
  /** Headers and body as they came, soft line breaks joined. */
  readonly text: string;
}

export interface SmtpSink {
  readonly port: number;
  stop(): Promise<void>;
}

/** Takes every mail and adds it to a file, a line each, for whichever process of the run asks: what Keycloak needs to send invitations. */
export async function startSmtpSink(path: string): Promise<SmtpSink> {
  writeFileSync(path, '');
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    converse(socket, (mail) => appendFileSync(path, `${JSON.stringify(mail)}\n`));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** What came so far for an address, oldest first. */
export function mailsTo(path: string, address: string): readonly Mail[] {
  const whole = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  return whole.map((line) => JSON.parse(line) as Mail).filter(({ to }) => to === address.toLowerCase());
}

/** The part of RFC 5321 that a client without extensions speaks. */
function converse(socket: Socket, take: (mail: Mail) => void): void {
  let rest = '';
  let to: string[] = [];
  let data: string[] | undefined;
  socket.write('220 sink\r\n');
  socket.on('data', (chunk) => {
    rest += chunk.toString('utf8');
    for (let end = rest.indexOf('\r\n'); end >= 0; end = rest.indexOf('\r\n')) {
      const line = rest.slice(0, end);
      rest = rest.slice(end + 2);
      if (data === undefined) answer(line);
      else if (line === '.') finish(data);
      else data.push(line.startsWith('..') ? line.slice(1) : line);
    }
  });
  const finish = (lines: readonly string[]): void => {
    const text = decoded(lines.join('\n'));
    for (const address of to) take({ to: address, text });
    [to, data] = [[], undefined];
    socket.write('250 kept\r\n');
  };
  const answer = (line: string): void => {
    const verb = line.slice(0, 4).toUpperCase();
    const recipient = /^RCPT TO:<([^>]*)>/i.exec(line)?.[1];
    if (recipient !== undefined) to.push(recipient.toLowerCase());
    if (verb === 'DATA') data = [];
    socket.write(verb === 'QUIT' ? '221 bye\r\n' : verb === 'DATA' ? '354 go on\r\n' : '250 ok\r\n');
    if (verb === 'QUIT') socket.end();
  };
}

/** Quoted-printable, as far as links need it. */
function decoded(text: string): string {
  return text.replaceAll(/=\n/g, '').replaceAll(/=([0-9A-F]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}
