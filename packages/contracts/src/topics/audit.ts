import { auditEntrySchema } from '../audit.ts';
import { streamTopic } from '../topic.ts';

/** Each entry comes when the change begins and again when it has ended; a full stream stops changes, not the log. */
export const audit = streamTopic('audit', auditEntrySchema, { maxLength: 200_000 });
export const auditRecorderGroup = 'audit-recorder';
