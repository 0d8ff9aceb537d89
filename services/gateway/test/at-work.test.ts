import { auditTests } from './at-work/audit.ts';
import { auditedRouteTests } from './at-work/audited-routes.ts';
import { controlTests } from './at-work/control.ts';
import { fairDispatchTests } from './at-work/fair-dispatch.ts';
import { webhookTests } from './at-work/webhooks.ts';
import { wholePathTests } from './at-work/whole-path.ts';

// One after the other on one system, as each start of one costs more than most of these tests.
// First, as it counts every dead letter.
auditTests();
wholePathTests();
controlTests();
webhookTests();
fairDispatchTests();
// Last, as it leaves work behind.
auditedRouteTests();
