import { authorisationTests } from './at-rest/authorisation.ts';
import { limitTests } from './at-rest/limits-of-a-user.ts';
import { readingTests } from './at-rest/reading.ts';
import { refusedTaskTests } from './at-rest/refused-tasks.ts';
import { sessionTests } from './at-rest/sessions.ts';

// One after the other on one system, as each start of one costs more than most of these tests.
readingTests();
refusedTaskTests();
authorisationTests();
limitTests();
// Last, as it changes the signing key.
sessionTests();
