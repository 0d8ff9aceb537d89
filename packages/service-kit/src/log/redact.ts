const hidden = '[redacted]';

const secretKey =
  /(^|[-_.])(authorization|cookie|set-cookie|dsn)$|passw(or)?d|passphrase|secret|credential|api[-_]?key|private[-_]?key|(^|[-_.a-z])token$/i;

const shapes: readonly (readonly [RegExp, string])[] = [
  [/\beyJ[\w-]{5,}\.[\w-]{2,}\.[\w-]*/g, hidden],
  // API keys, webhook secrets.
  [/\b(b2k_|whsec_)[\w+/=-]{12,}/g, `$1${hidden}`],
  [/\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${hidden}`],
  [/([a-z][a-z\d+.-]*:\/\/)[^\s/?#@]*@/gi, `$1${hidden}@`],
  [
    /((?:access_|refresh_)?token|password|passwd|secret|api[-_]?key|signature)(["']?\s*[=:]\s*["']?)[^\s&"',;}]+/gi,
    `$1$2${hidden}`,
  ],
];

const mayHoldSecret = /eyJ|b2k_|whsec_|bearer|basic|:\/\/|token|passw|secret|api[-_]?key|signature/i;

/**
 * Hides what looks like a JWT, an API key, a webhook secret, an Authorization value, a URL's userinfo or a
 * `password=...` inside a text.
 */
export const redactText = (text: string): string =>
  mayHoldSecret.test(text) ? shapes.reduce((done, [shape, by]) => done.replace(shape, by), text) : text;

/** A copy with secrets hidden by key and by shape; cycles are cut and depth is bounded. */
export const redact = (value: unknown, depth = 0, seen = new Set<object>()): unknown => {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (seen.has(value)) return '[circular]';
  if (depth > 8) return '[deep]';
  seen.add(value);
  const copy = Array.isArray(value)
    ? value.map((item) => redact(item, depth + 1, seen))
    : Object.fromEntries(
        Object.entries(value).map(([key, item]) => [
          key,
          secretKey.test(key) && item !== null && typeof item !== 'number' && typeof item !== 'boolean'
            ? hidden
            : redact(item, depth + 1, seen),
        ]),
      );
  seen.delete(value);
  return copy;
};
