import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { exportFormats, type ExportFormat } from '@backend2/client';
import { Option } from 'commander';
import { CommandError } from '../command-error.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Commands } from '../run.ts';

interface ExportOptions {
  readonly format: ExportFormat;
  readonly output?: string;
}

export const addExportCommand = ({ program, context }: Commands): void => {
  program
    .command('export')
    .description('take a task away: csv, json, png (contact sheet) or zip (every file)')
    .argument('<id>')
    .addOption(new Option('--format <format>').choices(exportFormats).makeOptionMandatory())
    .option('-o, --output <file>', 'where to; - is standard output (default: as the server names it)')
    .action(async (id: string, { format, output }: ExportOptions) => {
      const { client, io, print } = context();
      const response = await (await client()).tasks.export(id, format, { signal: io.signal });
      if (!response.body) throw new CommandError(exitCodes.failed, 'The server sent nothing.');
      const body = Readable.from(response.body);
      if (output === '-') return pipeline(body, io.out, { end: false });
      const file = output ?? nameOf(response, `${id}.${format}`);
      // Under another name until it is whole: a broken download must not look like one.
      const draft = `${file}.part`;
      try {
        await pipeline(body, createWriteStream(draft));
        await rename(draft, file);
      } catch (error) {
        await rm(draft, { force: true });
        const why = error instanceof Error ? error.message : String(error);
        throw new CommandError(exitCodes.failed, `${file} could not be written: ${why}.`);
      }
      print(file);
      return undefined;
    });
};

/** The server's name for it, never a path. */
const nameOf = (response: Response, otherwise: string): string => {
  const [, name = ''] = /filename="?([^";]+)"?/.exec(response.headers.get('content-disposition') ?? '') ?? [];
  return basename(name) || otherwise;
};
