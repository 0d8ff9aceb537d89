import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { arrowsOf } from '../arrows.ts';
import { podOf } from '../manifests.ts';
import { base, everything, root } from './written.ts';

const listOf = (cell: string): string[] => cell.split(', ');

/** Those of the table "Who reaches whom", each as `from -> to port`, with the component that it comes with. */
const written = readFileSync(join(root, 'docs/architecture.md'), 'utf8')
  .split(/^## /m)
  .find((section) => section.startsWith('Who reaches whom'))
  ?.split('\n')
  .filter((line) => line.startsWith('| '))
  .slice(2)
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
  .flatMap(([from = '', to = '', port = '', component = '']) =>
    listOf(from).flatMap((one) =>
      listOf(to).flatMap((other) =>
        listOf(port).map((through) => ({ component, arrow: `${one} -> ${other} ${through}` })),
      ),
    ),
  );
const arrowsWith = (component: string): string[] =>
  (written ?? [])
    .filter((one) => one.component === component)
    .map(({ arrow }) => arrow)
    .toSorted();
const volume = / -> files a volume$/;

test('the policies open the arrows of the architecture and no other', (t) => {
  t.deepEqual(
    arrowsOf(base),
    arrowsWith('').filter((arrow) => !volume.test(arrow)),
  );
  const closed = base.find(({ metadata }) => metadata.name === 'default-deny')?.spec as object;
  t.deepEqual(closed, { podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
  for (const component of ['artifacts-in-a-bucket', 'telemetry'])
    t.deepEqual(
      arrowsOf(everything.filter(({ file }) => file.startsWith(`components/${component}/`))).map((arrow) =>
        arrow.replace(/^backend2 /, 'all '),
      ),
      arrowsWith(component),
    );
  t.deepEqual(
    base
      .filter((one) =>
        podOf(one)?.volumes?.some((each) => each.persistentVolumeClaim?.claimName === 'artifacts'),
      )
      .map(({ metadata }) => `${metadata.name} -> files a volume`)
      .toSorted(),
    arrowsWith('').filter((arrow) => volume.test(arrow)),
  );
});

test('stores let in whom the policies let out to them, in the cluster and outside', (t) => {
  const out = arrowsOf(base).filter((arrow) => / -> (redis|postgres) /.test(arrow));
  t.deepEqual(
    arrowsOf(everything.filter(({ file }) => file.startsWith('overlays/dev/'))),
    // The one server of the overlay dev has no Sentinel.
    out.filter((arrow) => !arrow.endsWith(' 26379')),
  );
  t.deepEqual(
    arrowsOf(everything.filter(({ file }) => file.startsWith('components/outside-stores/')))
      .map((arrow) => arrow.replace('10.20.0.0/24', 'postgres').replace('10.20.1.0/24', 'redis'))
      .toSorted(),
    out,
  );
});

test('whoever may speak to the internet may not speak to private networks by it', (t) => {
  const private4 = ['10.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.168.0.0/16'];
  for (const { spec, file } of everything.filter(({ kind }) => kind === 'NetworkPolicy')) {
    const text = JSON.stringify(spec);
    if (text.includes('0.0.0.0/0')) for (const network of private4) t.true(text.includes(network), file);
  }
});
