import { connect } from 'node:net';
import { type TestScope, until } from '@backend2/testkit';

export interface MonitoredCommand {
  /** In lower case. */
  readonly name: string;
  /** Its first argument. */
  readonly first: string;
  /** Address and port of the connection it came over. */
  readonly from: string;
}

const line = /^\+[\d.]+ \[(?<database>\d+) (?<from>[^\]]+)\] "(?<name>[^"]*)"(?: "(?<first>[^"]*)")?/;

/** The commands that a logical database is sent from now on, in the order Redis takes them; those of scripts are left out. */
export const monitorCommands = async (t: TestScope, url: string): Promise<readonly MonitoredCommand[]> => {
  const { hostname, port, pathname } = new URL(url);
  const commands: MonitoredCommand[] = [];
  let ready = false;
  let unread = '';
  const socket = connect(Number(port), hostname);
  t.teardown(() => {
    socket.destroy();
  });
  socket.setEncoding('utf8').on('data', (text: string) => {
    const lines = (unread + text).split('\r\n');
    unread = lines.pop()!;
    for (const each of lines) {
      if (each === '+OK') ready = true;
      const { database, from = '', name = '', first = '' } = line.exec(each)?.groups ?? {};
      if (database === pathname.slice(1) && from !== 'lua')
        commands.push({ name: name.toLowerCase(), first, from });
    }
  });
  socket.write('MONITOR\r\n');
  await until(() => ready, { what: 'MONITOR under way' });
  return commands;
};
