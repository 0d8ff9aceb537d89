import { connect } from 'node:net';

/** True once the server answers commands; false while it loads its data or nobody listens. Rejects on a wrong password. */
export function redisAnswers(
  port: number,
  { user, password }: { readonly user?: string; readonly password?: string } = {},
  timeoutMs = 1_000,
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const finish = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(timeoutMs, () => finish(false));
    socket.once('error', () => finish(false));
    socket.once('connect', () => {
      if (password !== undefined) socket.write(`AUTH ${user === undefined ? '' : `${user} `}${password}\r\n`);
      socket.write('PING\r\n');
    });
    let answer = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      answer += text;
      if (answer.includes('+PONG')) finish(true);
      else if (answer.includes('-WRONGPASS')) {
        socket.destroy();
        reject(new Error('another Redis answers on this port'));
      } else if (answer.includes('-LOADING') || answer.includes('-NOAUTH')) finish(false);
    });
  });
}
