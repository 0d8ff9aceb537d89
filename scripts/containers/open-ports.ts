import { connect } from 'node:net';

// Prints which of the addresses HOST:PORT take a connection within two seconds.

const isOpen = (address: string): Promise<boolean> =>
  new Promise((resolve) => {
    const [host = '', port = ''] = address.split(':');
    const socket = connect({ host, port: Number(port), timeout: 2000 });
    const settle = (open: boolean) => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', () => settle(true));
    socket.once('timeout', () => settle(false));
    socket.once('error', () => settle(false));
  });

for (const address of process.argv.slice(2)) if (await isOpen(address)) console.log(address);
