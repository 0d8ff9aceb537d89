import { config } from 'zod';

// zod would compile its parsers with `new Function`, which the content security policy refuses.
// A module of its own, imported first, because others parse while they load.
config({ jitless: true });
