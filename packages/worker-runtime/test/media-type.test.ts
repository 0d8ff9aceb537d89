import test from 'ava';
import { mediaTypeOf } from '../src/media-type.ts';

const types: Record<string, string> = {
  'image/png; kept=yes': 'image/png; kept=yes',
  'Text/HTML; charset="图"': 'text/html',
  'text/plain;\r\nset-cookie: a=b': 'text/plain',
  [`application/pdf; note="${'x'.repeat(200)}"`]: 'application/pdf',
  [`application/${'x'.repeat(200)}`]: 'application/octet-stream',
  'te\u00E9t/plain': 'application/octet-stream',
  html: 'application/octet-stream',
  '': 'application/octet-stream',
};

test('a file is of the type that was said, as far as a result and a header can tell it', (t) => {
  for (const [said, told] of Object.entries(types)) t.is(mediaTypeOf(said), told, said);
});
